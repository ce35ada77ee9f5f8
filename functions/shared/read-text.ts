// Far more than any list of users. A Lambda that read on without an end would be killed, and leave no error.
const MOST_BYTES = 32_000_000;

/** An answer that is longer than any list. */
export class AnswerTooLongError extends Error {
  override readonly name = 'AnswerTooLongError';

  constructor() {
    super('a body of more than 32 MB');
  }
}

/** The text of an answer. @throws AnswerTooLongError, and no more of it is read; what the connection throws */
export async function readText({ body }: Response): Promise<string> {
  if (body === null) return '';
  const decoder = new TextDecoder();
  const parts: string[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    // Leaving the loop cuts the connection.
    if (bytes > MOST_BYTES) throw new AnswerTooLongError();
    parts.push(decoder.decode(chunk, { stream: true }));
  }
  return parts.join('') + decoder.decode();
}
