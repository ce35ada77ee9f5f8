import { parseJsonExactly } from '../shared/json.ts';
import { decodeUtf8, LONGEST_ROW, type Position } from './lines.ts';
import type { SourceRow } from './source-row.ts';

const [OPEN, CLOSE, QUOTE, BACKSLASH] = [123, 125, 34, 92];
// Blanks, commas, brackets, and the bytes of a byte order mark.
const BETWEEN = new Set([9, 10, 13, 32, 44, 91, 93, 0xef, 0xbb, 0xbf]);

/**
 * The elements of a JSON array from a position on, one at a time. A broken element fails alone: reading goes on at the
 * next opening brace.
 */
export async function* arrayRows(
  bytes: AsyncIterable<Uint8Array>,
  begin: Position,
): AsyncGenerator<SourceRow> {
  let { byte, line } = begin;
  let held: Uint8Array = new Uint8Array();
  let isCut = false;
  const take = function* (isAll: boolean): Generator<SourceRow> {
    for (let next = nextElement(held, isAll); next !== null; next = nextElement(held, isAll)) {
      held = held.subarray(next.end);
      byte += next.end;
      // The rest of an element that was too long for memory is not another element.
      const isRest = isCut && !next.isObject;
      isCut = next.isCut;
      if (isRest) continue;
      line += 1;
      const problem = next.value === undefined ? 'is not a JSON object' : null;
      yield { number: line, next: { byte, line }, value: next.value ?? null, problem };
    }
  };
  for await (const piece of bytes) {
    held = Buffer.concat([held, piece]);
    yield* take(false);
  }
  yield* take(true);
}

type Element = {
  isObject: boolean;
  end: number;
  /** Undefined when the element is broken. */
  value?: unknown;
  /** Whether the element may go on behind `end`. */
  isCut: boolean;
};

/** The first element; null when there is none, or its end has not been read yet. */
function nextElement(bytes: Uint8Array, isAll: boolean): Element | null {
  const begin = bytes.findIndex((byte) => !BETWEEN.has(byte));
  if (begin === -1) return null;
  const isObject = bytes[begin] === OPEN;
  const end = isObject ? endOfObject(bytes, begin) : null;
  const value = end === null ? undefined : parseJsonExactly(decodeUtf8(bytes.subarray(begin, end)) ?? '');
  if (end !== null && value !== undefined) return { isObject, end, value, isCut: false };
  const following = bytes.indexOf(OPEN, begin + 1);
  const mayGoOn = isObject ? end === null : following === -1;
  if (mayGoOn && !isAll && bytes.length - begin <= LONGEST_ROW) return null;
  const isCut = following === -1;
  return { isObject, end: isCut ? bytes.length : following, isCut };
}

/** Where an object ends; null when its end has not been read yet. */
function endOfObject(bytes: Uint8Array, begin: number): number | null {
  let depth = 0;
  let isQuoted = false;
  for (let at = begin; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === BACKSLASH) at += 1;
    else if (byte === QUOTE) isQuoted = !isQuoted;
    else if (!isQuoted && byte === OPEN) depth += 1;
    else if (!isQuoted && byte === CLOSE) depth -= 1;
    if (depth === 0) return at + 1;
  }
  return null;
}
