import * as z from 'zod/mini';
import { enriching } from '../../vendor/enriching.ts';
import type { Call, VendorHttp } from '../../vendor/http.ts';
import { collect, nextCursor, type Page, walk } from '../../vendor/paging.ts';
import { pagesOf } from '../dialect/calls.ts';

/** A page of anything; the total is only there to tell that all have arrived. */
const Pagination = z.object({
  cursor: z.optional(z.nullable(z.string())),
  totalCount: enriching('totalCount', z.optional(z.nullable(z.int())), undefined),
});

/** Where a walk begins. */
export const FIRST_CURSOR = '';

type List<Item> = {
  operation: string;
  path: string;
  query?: NonNullable<Call<unknown>['query']>;
  item: z.ZodMiniType<Item>;
  pageSize: number;
};

/** One page of a collection. @param cursor `FIRST_CURSOR` for the first. */
export async function readPage<Item>(
  http: VendorHttp,
  { operation, path, query, item, pageSize }: List<Item>,
  cursor: string,
): Promise<Page<Item, string>> {
  const { data, pagination } = await http.request({
    operation,
    method: 'GET',
    path,
    query: {
      ...query,
      size: pageSize,
      includeTotalCount: true,
      ...(cursor === FIRST_CURSOR ? {} : { cursor }),
    },
    answer: z.object({ data: z.array(item), pagination: Pagination }),
  });
  const next = nextCursor(pagesOf(operation, path), pagination.cursor, { items: data, size: pageSize });
  return { items: data, total: pagination.totalCount ?? undefined, next };
}

/** All items of a collection. @throws VendorResponseError as `walk` does */
export function listAll<Item>(http: VendorHttp, list: List<Item>): Promise<Item[]> {
  const { operation, path } = list;
  return collect(
    walk(pagesOf(operation, path), FIRST_CURSOR, (cursor: string) => readPage(http, list, cursor)),
  );
}
