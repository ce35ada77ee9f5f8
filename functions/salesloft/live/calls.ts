import * as z from 'zod/mini';
import { enriching, enrichingText } from '../../vendor/enriching.ts';
import { flagOrNothing } from '../../vendor/flag-or-nothing.ts';
import type { VendorHttp } from '../../vendor/http.ts';
import { NumberId } from '../../vendor/ids.ts';
import { collect, walk } from '../../vendor/paging.ts';
import {
  Group,
  type ListedUser as Listed,
  Metadata,
  nextPage,
  pagesOf,
  type SalesloftCalls,
} from '../dialect/calls.ts';

const Id = z.union([z.int(), z.string()]);
const User = z.object({
  id: NumberId,
  guid: enrichingText('guid'),
  email: enrichingText('email'),
  name: enrichingText('name'),
  active: flagOrNothing,
  role: enriching('role', z.optional(z.nullable(z.object({ id: Id }))), undefined),
});
const ListedUser = z.extend(User, {
  active: enriching('active', flagOrNothing, null),
  group: enriching('group', z.optional(z.nullable(z.object({ id: NumberId }))), undefined),
});
type ListedUser = z.infer<typeof ListedUser>;

// https://developers.salesloft.com/docs/api/custom-roles-index
const BUILT_IN_ROLE = /^(admin|user)$/i;

const UserAnswer = z.object({ data: User });
const UserList = z.object({ data: z.array(ListedUser), metadata: Metadata });
const GroupList = z.object({ data: z.array(Group) });
const RoleList = z.object({
  data: z.array(z.object({ id: Id, name: enrichingText('name') })),
  metadata: z.optional(Metadata),
});
const CadenceList = z.object({
  data: z.array(z.object({ id: Id, name: enrichingText('name') })),
  metadata: z.optional(Metadata),
});

/** From which page on a page costs how much: https://developers.salesloft.com/docs/platform/api-basics/cost-based-rate-limiting/ */
const PAGE_COSTS = [
  { from: 501, cost: 30 },
  { from: 251, cost: 10 },
  { from: 151, cost: 8 },
  { from: 101, cost: 3 },
];

/** How much of the limit a page of a list costs. */
export function pageCost(page: number): number {
  return PAGE_COSTS.find(({ from }) => page >= from)?.cost ?? 1;
}

/** SalesLoft's REST API as it answers today: https://developers.salesloft.com/docs/api */
export function liveCalls(rest: VendorHttp, pageSize: number): SalesloftCalls {
  const paging = (page: number) => ({ page, per_page: pageSize, include_paging_counts: true });

  const usersAt = async (operation: string, page: number, search?: string) => {
    // https://developers.salesloft.com/docs/api/users-index
    const { data, metadata } = await rest.request({
      operation,
      method: 'GET',
      path: '/users',
      // Deactivated users are hidden unless asked for.
      query: { ...paging(page), visible_only: false, ...(search === undefined ? {} : { search }) },
      answer: UserList,
      cost: pageCost(page),
    });
    const total = metadata.paging.total_count ?? undefined;
    return { items: data, total, next: nextPage(page, data, metadata) };
  };

  let names: Promise<Map<string, string>> | undefined;
  const readRoleNames = async (operation: string): Promise<Map<string, string>> => {
    const fetchPage = async (page: number) => {
      // https://developers.salesloft.com/docs/api/custom-roles-index
      const answer = await rest.requestIfExists({
        operation,
        method: 'GET',
        path: '/custom_roles',
        query: paging(page),
        answer: RoleList,
        cost: pageCost(page),
      });
      if (answer === null) return { items: [], next: null };
      return { items: answer.data, next: nextPage(page, answer.data, answer.metadata) };
    };
    const roles = await collect(walk(pagesOf(operation, '/custom_roles'), 1, fetchPage));
    // A user's role may be named by a number where the list of roles has a text.
    return new Map(roles.map(({ id, name }) => [String(id), name ?? String(id)]));
  };

  const shownUser = ({ role, ...user }: ListedUser | z.infer<typeof User>): Listed => ({
    ...user,
    title: null,
    role: role === undefined || role === null ? role : { id: String(role.id) },
  });

  /** A built-in role is not in the list, and its id has to do. */
  const readRole: SalesloftCalls['readRole'] = async (operation, { role }) => {
    if (role?.id === undefined) return role === undefined ? undefined : null;
    if (BUILT_IN_ROLE.test(role.id)) return role.id;
    const asked = names ?? readRoleNames(operation);
    names = asked;
    // A failed read must not be kept for the container's life.
    asked.catch(() => {
      if (names === asked) names = undefined;
    });
    return (await asked).get(role.id) ?? role.id;
  };

  const withRoleName = async (user: Listed): Promise<Listed> => {
    const name = await readRole('listAccounts', user);
    return typeof name === 'string' ? { ...user, role: { name } } : user;
  };

  return {
    readUser: async (operation, vendorUserId) => {
      // https://developers.salesloft.com/docs/api/users-show
      const answer = await rest.requestIfExists({
        operation,
        method: 'GET',
        path: `/users/${encodeURIComponent(vendorUserId)}`,
        answer: UserAnswer,
      });
      return answer === null ? null : shownUser(answer.data);
    },

    listPage: async (operation, page) => {
      const { items, ...rest } = await usersAt(operation, page);
      const users = items.map(shownUser);
      // Only there are all roles shown by name; elsewhere the names would be a call too many.
      return {
        ...rest,
        items: operation === 'listAccounts' ? await Promise.all(users.map(withRoleName)) : users,
      };
    },

    readRole,

    search: async (address) => {
      const fetchPage = (page: number) => usersAt('findUser', page, address);
      const found = await collect(walk(pagesOf('findUser', '/users'), 1, fetchPage));
      return found.map(shownUser);
    },

    listAmong: async (operation, ids) => {
      // SCIM's ids may be others, and REST's are numbers.
      const known = ids.filter((id) => /^\d+$/.test(id));
      if (known.length === 0) return [];
      // https://developers.salesloft.com/docs/api/users-index
      const { data } = await rest.request({
        operation,
        method: 'GET',
        path: '/users',
        query: { ids: known.join(','), visible_only: false, per_page: pageSize },
        answer: UserList,
      });
      return data.map(shownUser);
    },

    listInvitations: null,

    listGroups: async () => {
      // https://developers.salesloft.com/docs/api/groups-index, which has no pages
      const { data } = await rest.request({
        operation: 'listGroups',
        method: 'GET',
        path: '/groups',
        answer: GroupList,
      });
      return { items: data, next: null };
    },

    setActive: async (operation, vendorUserId, active) => {
      // https://developers.salesloft.com/docs/api/users-update
      await rest.request({
        operation,
        method: 'PUT',
        path: `/users/${encodeURIComponent(vendorUserId)}`,
        body: { active },
        isThere: true,
        answer: z.unknown(),
      });
    },

    cadencesOf: async (guid) => {
      const fetchPage = async (page: number) => {
        // https://developers.salesloft.com/docs/api/cadences-index
        const { data, metadata } = await rest.request({
          operation: 'deactivateUser',
          method: 'GET',
          path: '/cadences',
          query: { ...paging(page), owned_by_guid: guid },
          answer: CadenceList,
          cost: pageCost(page),
        });
        return { items: data, next: nextPage(page, data, metadata) };
      };
      const cadences = await collect(walk(pagesOf('deactivateUser', '/cadences'), 1, fetchPage));
      return cadences.map(({ id, name }) => `${name ?? 'without a name'} (${id})`);
    },
  };
}
