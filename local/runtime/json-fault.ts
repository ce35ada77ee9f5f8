import { parse } from '@humanwhocodes/momoa';

/** Where a text stops being JSON, in words such as `line 4, column 1: unexpected "}"`; null for JSON. */
export function jsonFault(text: string): string | null {
  try {
    JSON.parse(text);
    return null;
  } catch (error) {
    const offset = offsetIn(error, text) ?? tokenOffset(text) ?? text.length;
    return describeFault(text, Math.min(offset, text.length));
  }
}

/** Where the runtime says it is: it does not for a token that it did not expect. */
function offsetIn(error: unknown, text: string): number | null {
  const message = error instanceof Error ? error.message : '';
  if (message.includes('Unexpected end')) return text.length;
  const [, offset] = /at position (\d+)/.exec(message) ?? [];
  return offset === undefined ? null : Number(offset);
}

function tokenOffset(text: string): number | null {
  try {
    parse(text);
    return null;
  } catch (error) {
    return error instanceof Error && 'offset' in error ? Number(error.offset) : null;
  }
}

function describeFault(text: string, offset: number): string {
  const before = text.slice(0, offset).split(/\r\n|\r|\n/);
  const place = `line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`;
  const character = text.slice(offset).at(0);
  return `${place}: ${character === undefined ? 'it ends too early' : `unexpected ${JSON.stringify(character)}`}`;
}
