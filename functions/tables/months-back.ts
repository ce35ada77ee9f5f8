/**
 * The months of a range as `2026-11`, the latest first.
 *
 * @param from what begins with the first month; `before`, what begins with the last.
 */
export function* monthsBack(from: string, before: string): Generator<string> {
  const first = from.slice(0, 7);
  const date = new Date(`${before.slice(0, 7)}-01T00:00:00Z`);
  for (let month = before.slice(0, 7); month >= first; month = date.toISOString().slice(0, 7)) {
    yield month;
    date.setUTCMonth(date.getUTCMonth() - 1);
  }
}
