/**
 * When a row has been kept long enough, in epoch seconds, for the attribute `expiresAt` that the tables' TTL goes by.
 *
 * @param from epoch milliseconds.
 */
export function expiryOf(keptDays: number, from: number): number {
  return Math.ceil(from / 1000) + keptDays * 86_400;
}
