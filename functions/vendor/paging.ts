import { isDeepStrictEqual } from 'node:util';

/** A page of a vendor's collection; `next` is what to ask for next, null at the end. */
export type Page<Item, Cursor> = { items: readonly Item[]; next: Cursor | null };

// More than any collection here can have; it only stops a server whose paging never ends.
const MAX_PAGES = 10_000;

/** The vendor's pages go round in circles, or never end. */
export class EndlessPagingError extends Error {
  override readonly name = 'EndlessPagingError';

  constructor(pages: number) {
    super(
      `The vendor's pages repeat themselves or do not end; stopped after ${pages}. The vendor has to mend it.`,
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

/** Whether a page begins as the one before it did, as a server gives it that does not know how to ask for the next. */
export function isRepeated(before: readonly unknown[], page: readonly unknown[]): boolean {
  return page.length > 0 && isDeepStrictEqual(before, beginningOf(page));
}

/** As much of a page as tells whether the next one repeats it; the whole of a big one would stay in memory. */
export function beginningOf<Item>(page: readonly Item[]): Item[] {
  return page.slice(0, 100);
}

/** All items of a collection. */
export async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}
