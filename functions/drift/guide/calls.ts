import * as z from 'zod/mini';
import type { VendorHttp } from '../../vendor/http.ts';
import { NumberId } from '../../vendor/ids.ts';
import type { Page } from '../../vendor/paging.ts';
import { textOrNothing } from '../../vendor/text-or-nothing.ts';
import { Agent, agentReader, type DriftCalls, envelope } from '../dialect/calls.ts';

const Contact = z.object({ id: NumberId, ownerId: z.optional(z.nullable(NumberId)) });

const listEnvelope = <T>(item: z.ZodMiniType<T>) => z.object({ data: z.array(item), next: textOrNothing });

const FIRST_PAGE = '';

/**
 * Drift's REST API as its guide describes it: https://devdocs.drift.com/docs/platform-apis. Not in the reference
 * (listing contacts): https://www.stitchflow.com/user-management/drift/api
 */
export function guideCalls(http: VendorHttp, pageSize: number): DriftCalls {
  const listPage = async <T>(
    operation: string,
    path: string,
    query: Record<string, string | number>,
    item: z.ZodMiniType<T>,
    cursor: string,
  ): Promise<Page<T, string>> => {
    const { data, next } = await http.request({
      operation,
      method: 'GET',
      path,
      query: cursor === FIRST_PAGE ? query : { ...query, next: cursor },
      answer: listEnvelope(item),
    });
    return { items: data, next };
  };
  const asOwned = ({ id, ownerId }: z.infer<typeof Contact>) => ({ id, owner: ownerId ?? null });

  return {
    agentsPath: '/users',
    // This lists agents with a seat only, so nobody who is deactivated: https://devdocs.drift.com/docs/listing-users
    listAgents: (operation, position) => listPage(operation, '/users', {}, Agent, position),
    readAgent: agentReader(http),
    owned: {
      what: 'contacts',
      path: '/contacts',
      first: FIRST_PAGE,
      listPage: async (operation, position) => {
        // Contacts cannot be filtered by owner: https://www.stitchflow.com/user-management/drift/api
        const page = await listPage(operation, '/contacts', { limit: pageSize }, Contact, position);
        return { ...page, items: page.items.map(asOwned) };
      },
      read: async (operation, id) => {
        // https://devdocs.drift.com/docs/retrieving-contact
        const answer = await http.requestIfExists({
          operation,
          method: 'GET',
          path: `/contacts/${id}`,
          answer: envelope(Contact),
        });
        return answer === null ? null : asOwned(answer.data);
      },
      setOwner: (operation, id, ownerId) =>
        // Changes only what it is given: https://devdocs.drift.com/docs/updating-a-contact
        http.requestIfExists({
          operation,
          method: 'PATCH',
          path: `/contacts/${id}`,
          body: { ownerId },
          answer: envelope(z.unknown()),
        }),
    },
  };
}
