import * as z from 'zod/mini';
import { enriching } from '../../vendor/enriching.ts';
import type { VendorHttp } from '../../vendor/http.ts';
import { NumberId } from '../../vendor/ids.ts';
import { endlessPaging, nextCursor, type Page } from '../../vendor/paging.ts';
import {
  type PipedriveCalls,
  pagesOf,
  type RecordCalls,
  type OwnedRecord as Shown,
} from '../dialect/calls.ts';
import { envelope } from '../guide/answers.ts';

const flag = (name: string) => enriching(name, z.optional(z.nullable(z.boolean())), null);
const OwnedRecord = z.object({
  id: NumberId,
  owner_id: z.nullable(NumberId),
  status: enriching('status', z.optional(z.nullable(z.string())), undefined),
  done: flag('done'),
  is_deleted: flag('is_deleted'),
  is_archived: flag('is_archived'),
});
type OwnedRecord = z.infer<typeof OwnedRecord>;

const RecordPage = z.object({
  success: z.literal(true),
  data: z.array(OwnedRecord),
  additional_data: z.object({ next_cursor: z.optional(z.nullable(z.string())) }),
});

const FIRST_CURSOR = '';
// The most that Pipedrive gives at once: https://pipedrive.readme.io/docs/core-api-concepts-pagination
const LONGEST_PAGE = 500;

type Query = Record<string, string | boolean>;

/** The calls about the records that users own. */
export function liveRecords(
  http: VendorHttp,
  pageSize = LONGEST_PAGE,
): Pick<PipedriveCalls, 'records' | 'archivedDeals'> {
  const listOf =
    (path: string, query: Query, isOpen: (record: OwnedRecord) => boolean): RecordCalls['listAt'] =>
    async (operation, ownerId, cursor): Promise<Page<Shown, string>> => {
      const { data, additional_data } = await http.request({
        ...{ operation, method: 'GET', path, answer: RecordPage },
        query: {
          ...query,
          ...(ownerId === null ? {} : { owner_id: ownerId }),
          limit: pageSize,
          ...(cursor === FIRST_CURSOR ? {} : { cursor }),
        },
      });
      const page = { items: data, size: pageSize };
      const next = nextCursor(pagesOf(operation, path), additional_data.next_cursor, page);
      if (next === cursor) throw endlessPaging(pagesOf(operation, path), 1);
      return { items: data.map((record) => asShown(record, isOpen)), next };
    };

  const calls = (path: string, query: Query, isOpen: (record: OwnedRecord) => boolean): RecordCalls => ({
    path,
    first: FIRST_CURSOR,
    listAt: listOf(path, query, isOpen),
    readIfExists: async (operation, id) => {
      const answer = await http.requestIfExists({
        ...{ operation, method: 'GET', path: `${path}/${id}`, answer: envelope(OwnedRecord) },
      });
      return answer === null ? null : asShown(answer.data, isOpen);
    },
    giveTo: (operation, id, owner_id) =>
      http.requestIfExists({
        ...{ operation, method: 'PATCH', path: `${path}/${id}`, body: { owner_id } },
        answer: envelope(z.unknown()),
      }),
  });

  const isOpenDeal = ({ status }: OwnedRecord) => (status ?? 'open') === 'open';
  const OPEN = { status: 'open' };
  const archived = '/deals/archived';
  return {
    records: {
      // https://developers.pipedrive.com/docs/api/v1/Deals#getDeals
      deals: calls('/deals', OPEN, (deal) => isOpenDeal(deal) && deal.is_archived !== true),
      // https://developers.pipedrive.com/docs/api/v1/Activities#getActivities
      activities: calls('/activities', { done: false }, ({ done }) => done !== true),
      // https://developers.pipedrive.com/docs/api/v1/Persons#getPersons
      contacts: calls('/persons', {}, () => true),
    },
    // https://developers.pipedrive.com/docs/api/v1/Deals#getArchivedDeals
    archivedDeals: { path: archived, first: FIRST_CURSOR, listAt: listOf(archived, OPEN, isOpenDeal) },
  };
}

function asShown(record: OwnedRecord, isOpen: (record: OwnedRecord) => boolean): Shown {
  const { id, owner_id, is_deleted } = record;
  return { id, ownerId: owner_id, isOpen: is_deleted !== true && isOpen(record) };
}
