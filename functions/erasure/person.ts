import { gunzipSync, gzipSync } from 'node:zlib';
import * as z from 'zod/mini';

/** What somebody who is forgotten is known by. */
export const Person = z.object({
  /** The employee id, and those that the person had before. */
  employeeIds: z.array(z.string()),
  addresses: z.array(z.string()),
  /** First and last name together; alone they are words. */
  names: z.array(z.string()),
  /** Their runs. */
  runs: z.array(z.string()),
});
export type Person = z.infer<typeof Person>;

/** What stands where a forgotten person was named. An address stays an address, because it is read as one. */
const IN_PLACE_OF = { address: 'forgotten@erased.invalid', name: '(forgotten)' };

/** Tells whether a value is about a person or names them. */
export type Traces = {
  isTheirId: (text: unknown) => boolean;
  isTheirAddress: (text: unknown) => boolean;
  /** Whether a text holds an address or a name of theirs. */
  names: (text: string) => boolean;
  /** The text without their addresses and names. */
  without: (text: string) => string;
  /** A copy of a value in which no text, at whatever depth, names them. */
  withoutAll: (value: unknown) => unknown;
};

/** @param person without any address and name, nothing but the ids is looked for. */
export function tracesOf({ employeeIds, addresses, names }: Person): Traces {
  const known = addresses.map((address) => address.toLowerCase());
  // Not within a longer address or name. In files and rows they may stand in JSON, where a quote has a backslash.
  const address = patternOf(
    addresses,
    String.raw`(?<![\p{L}\p{N}._%+-])`,
    String.raw`(?![\p{L}\p{N}-]|\.[\p{L}\p{N}])`,
  );
  const name = patternOf(names, String.raw`(?<![\p{L}\p{N}])`, String.raw`(?![\p{L}\p{N}])`);
  const without = (text: string) => {
    const rest = address === null ? text : text.replaceAll(address, IN_PLACE_OF.address);
    return name === null ? rest : rest.replaceAll(name, IN_PLACE_OF.name);
  };
  /** Of a text that is kept compressed, such as a plan. */
  const withoutPacked = (packed: Uint8Array): Uint8Array => {
    const text = gunzipSync(packed).toString();
    const rest = without(text);
    return rest === text ? packed : gzipSync(rest);
  };
  const withoutAll = (value: unknown): unknown => {
    if (typeof value === 'string') return without(value);
    if (value instanceof Uint8Array) return withoutPacked(value);
    if (Array.isArray(value)) return value.map(withoutAll);
    if (!isPlain(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withoutAll(one)]));
  };
  return {
    isTheirId: (text) => typeof text === 'string' && employeeIds.includes(text),
    isTheirAddress: (text) => typeof text === 'string' && known.includes(text.trim().toLowerCase()),
    names: (text) => without(text) !== text,
    without,
    withoutAll,
  };
}

function patternOf(texts: readonly string[], before: string, after: string): RegExp | null {
  const forms = texts.flatMap((text) => [text, JSON.stringify(text).slice(1, -1), text.normalize('NFD')]);
  const distinct = [...new Set(forms)].filter((text) => text.trim() !== '');
  if (distinct.length === 0) return null;
  return new RegExp(`${before}(?:${distinct.map(escaped).join('|')})${after}`, 'giu');
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
}

/** Whether a value is an object of JSON. */
export function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
