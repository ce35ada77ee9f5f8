import { isPlain, type Traces } from './person.ts';

// Whoever stands there is somebody else than the one whom the row is about.
const OTHERS = /manager|supervisor|reports|owner|reassign/i;

/** Whether a row says of itself that it is about the person: by an id or an address that is not somebody else's. */
export function isAboutThem(row: unknown, traces: Traces): boolean {
  if (!isPlain(row)) return false;
  return Object.entries(row).some(
    ([column, value]) => !OTHERS.test(column) && (traces.isTheirId(value) || traces.isTheirAddress(value)),
  );
}

/** A value without the elements of its lists that are about the person. */
export function withoutRows(value: unknown, traces: Traces): unknown {
  if (Array.isArray(value))
    return value.filter((row) => !isAboutThem(row, traces)).map((row) => withoutRows(row, traces));
  if (!isPlain(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withoutRows(one, traces)]));
}
