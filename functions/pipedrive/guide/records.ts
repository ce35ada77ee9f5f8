import * as z from 'zod/mini';
import { enriching } from '../../vendor/enriching.ts';
import type { VendorHttp } from '../../vendor/http.ts';
import { NumberId } from '../../vendor/ids.ts';
import type { PipedriveCalls, RecordCalls, OwnedRecord as Shown } from '../dialect/calls.ts';
import { envelope, FIRST_POSITION, type GuideLists } from './answers.ts';

// The owner is an id, or on some records an object that describes the user.
const Owner = z.union([NumberId, z.object({ id: NumberId })]);
const OwnedRecord = z
  .object({
    id: NumberId,
    user_id: z.optional(z.nullable(Owner)),
    owner_id: z.optional(z.nullable(Owner)),
    status: enriching('status', z.optional(z.nullable(z.string())), undefined),
    done: enriching('done', z.optional(z.nullable(z.union([z.boolean(), z.number()]))), undefined),
  })
  .check(
    z.refine((record) => record.user_id !== undefined || record.owner_id !== undefined, {
      path: ['user_id'],
    }),
  );
type OwnedRecord = z.infer<typeof OwnedRecord>;

/** The calls about the records that users own. */
export function guideRecords(http: VendorHttp, lists: GuideLists): PipedriveCalls['records'] {
  const calls = (
    path: string,
    query: Record<string, string | number>,
    isOpen: (record: OwnedRecord) => boolean,
  ): RecordCalls => {
    const asShown = (record: OwnedRecord): Shown => ({
      ...{ id: record.id, ownerId: ownerId(record), isOpen: isOpen(record) },
    });
    return {
      path,
      first: FIRST_POSITION,
      listAt: async (operation, user_id, position) => {
        const filter = { ...query, ...(user_id === null ? {} : { user_id }) };
        const list = { operation, path, query: filter, item: OwnedRecord };
        const { items, next } = await lists.readAt(list, position);
        return { items: items.map(asShown), next };
      },
      readIfExists: async (operation, id) => {
        const answer = await http.requestIfExists({
          ...{ operation, method: 'GET', path: `${path}/${id}`, answer: envelope(OwnedRecord) },
        });
        return answer === null ? null : asShown(answer.data);
      },
      giveTo: (operation, id, user_id) =>
        http.requestIfExists({
          ...{ operation, method: 'PATCH', path: `${path}/${id}`, body: { user_id } },
          answer: envelope(z.unknown()),
        }),
    };
  };
  return {
    // https://developers.pipedrive.com/docs/api/v1/Deals
    deals: calls('/deals', { status: 'open' }, ({ status }) => (status ?? 'open') === 'open'),
    // https://developers.pipedrive.com/docs/api/v1/Activities
    activities: calls('/activities', { done: 0 }, ({ done }) => Number(done ?? 0) === 0),
    // https://developers.pipedrive.com/docs/api/v1/Persons
    contacts: calls('/persons', {}, () => true),
  };
}

function ownerId({ user_id, owner_id }: OwnedRecord): number | null {
  const owner = user_id ?? owner_id ?? null;
  return typeof owner === 'object' ? (owner?.id ?? null) : owner;
}
