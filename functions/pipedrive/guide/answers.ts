import * as z from 'zod/mini';
import type { VendorHttp } from '../../vendor/http.ts';
import { collect, endlessPaging, type Page, pagingWithoutNext, walk } from '../../vendor/paging.ts';
import { pagesOf } from '../dialect/calls.ts';

/** What Pipedrive's REST API puts around the data of an answer. */
export const envelope = <T>(data: z.ZodMiniType<T>) => z.object({ success: z.literal(true), data });

const listEnvelope = <T>(item: z.ZodMiniType<T>) =>
  z.object({
    success: z.literal(true),
    data: z.nullable(z.array(item)),
    additional_data: z.optional(
      z.nullable(
        z.object({
          pagination: z.optional(
            z.object({
              more_items_in_collection: z.optional(z.boolean()),
              next_start: z.optional(z.nullable(z.int())),
            }),
          ),
        }),
      ),
    ),
  });

const DEFAULT_PAGE_SIZE = 100;
/** The most that Pipedrive gives at once: https://pipedrive.readme.io/docs/core-api-concepts-pagination */
export const LONGEST_PAGE = 500;

type List<T> = {
  operation: string;
  path: string;
  query?: Record<string, string | number>;
  item: z.ZodMiniType<T>;
  /** How many items are asked for per page; 100 unless given. */
  limit?: number;
};

/** Where a list begins. */
export const FIRST_POSITION = '0';

export type GuideLists = ReturnType<typeof guideLists>;

/** Reads the collections of the REST API. @param pageSize items asked for per page, for tests. */
export function guideLists(http: VendorHttp, pageSize: number | undefined) {
  const readPage = async <T>(
    { operation, path, query = {}, item }: List<T>,
    start: number,
    limit: number,
  ): Promise<Page<T, number>> => {
    // https://pipedrive.readme.io/docs/core-api-concepts-pagination
    const answer = await http.request({
      operation,
      method: 'GET',
      path,
      query: { ...query, start, limit },
      answer: listEnvelope(item),
    });
    const pagination = answer.additional_data?.pagination;
    const next = pagination?.next_start ?? null;
    const hasMore = pagination?.more_items_in_collection ?? next !== null;
    if (!hasMore) return { items: answer.data ?? [], next: null };
    if (next === null) throw pagingWithoutNext(pagesOf(operation, path));
    // Each page begins behind the one before it, so that no page comes twice.
    if (next <= start) throw endlessPaging(pagesOf(operation, path), 1);
    return { items: answer.data ?? [], next };
  };

  return {
    /** All items of a collection. */
    readAll: <T>(list: List<T>): Promise<T[]> =>
      collect(
        walk(pagesOf(list.operation, list.path), 0, (start: number) =>
          readPage(list, start, pageSize ?? list.limit ?? DEFAULT_PAGE_SIZE),
        ),
      ),

    /** One page, as long as Pipedrive allows. @param position how many items come before it, as text. */
    readAt: async <T>(list: List<T>, position: string): Promise<Page<T, string>> => {
      const { items, next } = await readPage(list, Number(position), pageSize ?? LONGEST_PAGE);
      return { items, next: next === null ? null : String(next) };
    },
  };
}
