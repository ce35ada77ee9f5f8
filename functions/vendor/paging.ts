import { isDeepStrictEqual } from 'node:util';

/** A page of a vendor's collection. `next` is the cursor of the next page, null at the end. */
export type Page<Item, Cursor> = { items: readonly Item[]; next: Cursor | null };

// No real collection has so many; this stops a server whose paging never ends.
const MAX_PAGES = 10_000;

/** The vendor's pages repeat, or never end. */
export class EndlessPagingError extends Error {
  override readonly name = 'EndlessPagingError';

  constructor(pages: number) {
    super(
      `Stopped after ${pages} pages, because the vendor's pages repeat or never end. The vendor has to fix its paging.`,
    );
  }
}

/**
 * Walks a collection to its end.
 *
 * @throws EndlessPagingError when the server repeats a cursor or a page, or never stops.
 */
export async function* walk<Item, Cursor extends string | number>(
  first: Cursor,
  fetchPage: (cursor: Cursor) => Promise<Page<Item, Cursor>>,
): AsyncGenerator<Item> {
  const seen = new Set<Cursor>();
  let cursor: Cursor | null = first;
  let before: readonly Item[] = [];
  while (cursor !== null) {
    if (seen.has(cursor) || seen.size >= MAX_PAGES) throw new EndlessPagingError(seen.size);
    seen.add(cursor);
    const page: Page<Item, Cursor> = await fetchPage(cursor);
    if (page.next !== null && isRepeated(before, page.items)) throw new EndlessPagingError(seen.size);
    yield* page.items;
    cursor = page.next;
    before = beginningOf(page.items);
  }
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
