import * as z from 'zod/mini';
import type { VendorCall } from '../../shared/errors.ts';
import { enriching } from '../../vendor/enriching.ts';
import { assertAllArrived, collect, endlessPaging, type Page, walk } from '../../vendor/paging.ts';

/** How many items a collection has; it is only there to tell that all have arrived. */
export const Total = enriching('total', z.optional(z.nullable(z.int())), undefined);

/** One page of a collection, and how many items the collection has, where Drata tells. */
export type DrataPage<T> = { data: T[]; total?: number | null | undefined };

/** Where a walk begins; see `readAt`. */
export const FIRST_POSITION = '1 0';

/**
 * All items of a collection.
 *
 * @param readPage reads a page by its number, from 1.
 * @throws VendorResponseError as `walk` does; what `readPage` throws.
 */
export async function listAll<T extends { id: string }>(
  list: VendorCall,
  readPage: (page: number) => Promise<DrataPage<T>>,
): Promise<T[]> {
  // Kept by id, because an item that slips to the next page during the walk arrives twice.
  const arrived = new Map<string, T>();
  const fetchPage = async (page: number): Promise<Page<T, number>> => {
    const { data, total } = await readPage(page);
    for (const item of data) arrived.set(item.id, item);
    // A short page proves nothing: the server may give fewer than `limit` asks for.
    const isLast = data.length === 0 || arrived.size >= (total ?? Number.POSITIVE_INFINITY);
    return { items: data, total: total ?? undefined, next: isLast ? null : page + 1 };
  };
  await collect(walk(list, 1, fetchPage));
  return [...arrived.values()];
}

/**
 * One page of a walk that may stop after any page and go on in another process.
 *
 * @param position the number of the page, how many items came before it, and the id of the first item of the page
 *   before. An item that is added meanwhile moves the last item of a page to the next one, and hardly the first.
 * @throws VendorResponseError when a page begins like the one before it, or the pages end before the total; what
 *   `readPage` throws.
 */
export async function readAt<T extends { id: string }>(
  list: VendorCall,
  position: string,
  readPage: (page: number) => Promise<DrataPage<T>>,
): Promise<{ data: T[]; total: number | undefined; next: string | null }> {
  const [page = '1', before = '0', firstBefore] = position.split(' ');
  const { data, total } = await readPage(Number(page));
  const first = data[0]?.id;
  if (first !== undefined && first === firstBefore) throw endlessPaging(list, Number(page));
  const arrived = Number(before) + data.length;
  const isLast = first === undefined || arrived >= (total ?? Number.POSITIVE_INFINITY);
  if (isLast) assertAllArrived(list, arrived, total);
  const next = isLast ? null : `${Number(page) + 1} ${arrived} ${first}`;
  return { data, total: total ?? undefined, next };
}
