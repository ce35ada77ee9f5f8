import { isDeepStrictEqual } from 'node:util';
import { type VendorCall, VendorResponseError } from '../shared/errors.ts';

/** A page of a vendor's collection. */
export type Page<Item, Cursor> = {
  items: readonly Item[];
  /** How many items the collection has, where the vendor says so. */
  total?: number | undefined;
  /** The cursor of the next page, null at the end. */
  next: Cursor | null;
};

// No real collection has so many; this stops a server whose paging never ends.
const MAX_PAGES = 10_000;

/** The vendor's pages repeat, or never end. */
export function endlessPaging(list: VendorCall, pages: number): VendorResponseError {
  return new VendorResponseError(list, `pages that repeat or never end (stopped after ${pages})`);
}

/** The vendor says that there is more, and not where. */
export function pagingWithoutNext(list: VendorCall): VendorResponseError {
  return new VendorResponseError(list, 'more pages are announced, but not how to ask for the next one');
}

/**
 * The cursor of the next page, null at the end, which is null, empty, or left out.
 *
 * @throws VendorResponseError where a page that is full leaves it out, as one of another form does.
 */
export function nextCursor(
  list: VendorCall,
  cursor: string | null | undefined,
  page: { items: readonly unknown[]; size: number },
): string | null {
  if (cursor === undefined && page.items.length >= page.size) throw pagingWithoutNext(list);
  // An empty cursor would lead back to the first page.
  return cursor || null;
}

/** @throws VendorResponseError when the pages have ended before the total that the vendor gave. */
export function assertAllArrived(list: VendorCall, arrived: number, total: number | null | undefined): void {
  if (total === null || total === undefined || arrived >= total) return;
  throw new VendorResponseError(list, `the pages ended after ${arrived} of ${total} entries`);
}

/**
 * Walks a collection to its end.
 *
 * @param list the call that is repeated, for messages.
 * @throws VendorResponseError when the server repeats a cursor or a page, never stops, or stops before the total that it
 *   gave last; what `fetchPage` throws.
 */
export async function* walk<Item, Cursor extends string | number>(
  list: VendorCall,
  first: Cursor,
  fetchPage: (cursor: Cursor) => Promise<Page<Item, Cursor>>,
): AsyncGenerator<Item> {
  const seen = new Set<Cursor>();
  let cursor: Cursor | null = first;
  let before: readonly Item[] = [];
  let arrived = 0;
  let total: number | undefined;
  while (cursor !== null) {
    if (seen.has(cursor) || seen.size >= MAX_PAGES) throw endlessPaging(list, seen.size);
    seen.add(cursor);
    const page: Page<Item, Cursor> = await fetchPage(cursor);
    if (page.next !== null && isRepeated(before, page.items)) throw endlessPaging(list, seen.size);
    yield* page.items;
    arrived += page.items.length;
    total = page.total ?? total;
    cursor = page.next;
    before = beginningOf(page.items);
  }
  assertAllArrived(list, arrived, total);
}

/** Whether a page begins like the one before it: a server that ignores the cursor gives the same page again. */
export function isRepeated(before: readonly unknown[], page: readonly unknown[]): boolean {
  return page.length > 0 && isDeepStrictEqual(before, beginningOf(page));
}

/** Enough of a page to tell whether the next one repeats it; a whole big page would stay in memory. */
export function beginningOf<Item>(page: readonly Item[]): Item[] {
  return page.slice(0, 100);
}

/** All items of a collection. */
export async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** Reads once more where the first answer would hide much if it were a mistake. */
export async function twiceIf<Answer>(
  isOdd: (answer: Answer) => boolean,
  read: () => Promise<Answer>,
): Promise<Answer> {
  const first = await read();
  return isOdd(first) ? read() : first;
}

/** As `twiceIf`, of a list that cannot well be empty. */
export function twiceIfEmpty<Item>(read: () => Promise<Item[]>): Promise<Item[]> {
  return twiceIf(({ length }) => length === 0, read);
}
