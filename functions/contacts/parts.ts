import type { FileStore } from '../files/file-store.ts';
import { readLines } from '../files/lines.ts';
import { parseJson } from '../shared/json.ts';
import { ContactResult } from '../tables/contact-result.ts';

// A file of JSON lines for each part of the rows that a Lambda has synced: contact-sync/<run>/<number>.jsonl

/** Writes the results of a part, all or none. They replace those of an earlier attempt. */
export async function writePart(
  files: FileStore,
  run: string,
  number: number,
  results: readonly ContactResult[],
): Promise<void> {
  await files.write(
    nameOf(run, number),
    results.map((result) => `${JSON.stringify(result)}\n`),
  );
}

/** The results of all parts, one at a time, in the order of the rows. */
export async function* readParts(
  files: FileStore,
  run: string,
  count: number,
): AsyncGenerator<ContactResult> {
  for (let number = 0; number < count; number += 1) {
    const bytes = await files.read(nameOf(run, number));
    for await (const { text } of readLines(bytes, { byte: 0, line: 0 }))
      yield ContactResult.parse(parseJson(text));
  }
}

const nameOf = (run: string, number: number) =>
  `contact-sync/${run}/${String(number).padStart(6, '0')}.jsonl`;
