/** A line of a file without its line break. */
export type Line = {
  /** The first is 1. */
  number: number;
  /** The byte after its line break. */
  end: number;
  /** Empty when there is a problem. */
  text: string;
  /** Why the line cannot be read; null when it can. */
  problem: string | null;
};

/** Where to go on in a file: after so many bytes and lines. */
export type Position = { byte: number; line: number };

/** The longest row, in bytes; a longer one is not kept in memory. */
export const LONGEST_ROW = 65_536;

const LINE_FEED = 10;
const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** The lines of a file from a position on, however the stream is cut into pieces. */
export async function* readLines(
  bytes: AsyncIterable<Uint8Array>,
  begin: Position,
): AsyncGenerator<Line, undefined> {
  let { byte, line } = begin;
  let kept: Uint8Array[] = [];
  let size = 0;
  const keep = (piece: Uint8Array) => {
    size += piece.length;
    if (size <= LONGEST_ROW) kept.push(piece);
  };
  const take = (breakSize: number): Line => {
    byte += size + breakSize;
    line += 1;
    const taken = { number: line, end: byte, ...decode(kept, size) };
    kept = [];
    size = 0;
    return taken;
  };
  for await (const piece of bytes) {
    let from = 0;
    for (let at = piece.indexOf(LINE_FEED); at !== -1; at = piece.indexOf(LINE_FEED, from)) {
      keep(piece.subarray(from, at));
      yield take(1);
      from = at + 1;
    }
    keep(piece.subarray(from));
  }
  if (size > 0) yield take(0);
}

/** The text without a byte order mark; undefined when it is not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return UTF8.decode(bytes);
  } catch {
    return undefined;
  }
}

function decode(pieces: readonly Uint8Array[], size: number): Pick<Line, 'text' | 'problem'> {
  if (size > LONGEST_ROW) return { text: '', problem: `is longer than ${LONGEST_ROW} bytes` };
  const text = decodeUtf8(Buffer.concat(pieces));
  if (text === undefined) return { text: '', problem: 'is not UTF-8' };
  return { text: text.endsWith('\r') ? text.slice(0, -1) : text, problem: null };
}
