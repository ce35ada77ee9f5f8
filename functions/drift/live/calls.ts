import * as z from 'zod/mini';
import { flagOrNothing } from '../../vendor/flag-or-nothing.ts';
import type { VendorHttp } from '../../vendor/http.ts';
import { NumberId, TextId } from '../../vendor/ids.ts';
import { Agent, agentReader, type DriftCalls, envelope } from '../dialect/calls.ts';

const LiveAgent = z.extend(Agent, { bot: flagOrNothing });
const Account = z.object({
  accountId: TextId,
  ownerId: z.optional(z.nullable(NumberId)),
  deleted: flagOrNothing,
});
type Account = z.infer<typeof Account>;
const Accounts = z.object({ data: z.object({ accounts: z.array(Account) }) });

// The most that Drift allows: https://devdocs.drift.com/docs/listing-accounts
const MAX_SIZE = 65;

/** The body of a SCIM PATCH, which takes a user: https://devdocs.drift.com/docs/user-schema and /deprovisioning */
export function userPatch(values: Record<string, unknown>): object {
  const { active, 'name.givenName': givenName, 'name.familyName': familyName, ...rest } = values;
  return {
    schemas: ['urn:scim:schemas:core:2.0'],
    ...rest,
    ...(givenName === undefined ? {} : { name: { givenName, familyName } }),
    ...(active === undefined ? {} : { isActive: active }),
  };
}

/** Drift's REST API as it answers today: https://devdocs.drift.com/docs/platform-apis. Contacts have no owner there. */
export function liveCalls(http: VendorHttp, pageSize: number): DriftCalls {
  const size = Math.min(pageSize, MAX_SIZE);
  const asOwned = ({ accountId, ownerId }: Account) => ({ id: accountId, owner: ownerId ?? null });

  return {
    agentsPath: '/users/list',
    listAgents: async (operation) => {
      // All at once: https://devdocs.drift.com/docs/listing-users
      const { data } = await http.request({
        operation,
        method: 'GET',
        path: '/users/list',
        answer: envelope(z.array(LiveAgent)),
      });
      return { items: data.filter(({ bot }) => bot !== true), next: null };
    },
    readAgent: agentReader(http),
    owned: {
      what: 'accounts',
      path: '/accounts',
      first: '0',
      listPage: async (operation, position) => {
        // https://devdocs.drift.com/docs/listing-accounts
        const { data } = await http.request({
          operation,
          method: 'GET',
          path: '/accounts',
          query: { index: position, size },
          answer: Accounts,
        });
        const { accounts } = data;
        // A page may be shorter than asked for, so only an empty one is the end.
        const next = accounts.length === 0 ? null : String(Number(position) + accounts.length);
        return { items: accounts.filter(({ deleted }) => deleted !== true).map(asOwned), next };
      },
      read: async (operation, id) => {
        // https://devdocs.drift.com/docs/retrieving-an-account
        const answer = await http.requestIfExists({
          operation,
          method: 'GET',
          path: `/accounts/${encodeURIComponent(id)}`,
          answer: envelope(Account),
        });
        return answer === null || answer.data.deleted === true ? null : asOwned(answer.data);
      },
      setOwner: (operation, id, ownerId) =>
        // https://devdocs.drift.com/docs/updating-accounts
        http.requestIfExists({
          operation,
          method: 'PATCH',
          path: '/accounts/update',
          body: { accountId: id, ownerId },
          answer: z.object({ data: z.unknown() }),
        }),
    },
  };
}
