import * as z from 'zod/mini';
import { enriching, enrichingText } from '../../vendor/enriching.ts';
import { flagOrNothing } from '../../vendor/flag-or-nothing.ts';
import type { VendorHttp } from '../../vendor/http.ts';
import { NumberId } from '../../vendor/ids.ts';
import { Group, Metadata, nextPage, type SalesloftCalls } from '../dialect/calls.ts';

const User = z.object({
  id: NumberId,
  email: enrichingText('email'),
  name: enrichingText('name'),
  title: enrichingText('title'),
  active: flagOrNothing,
  role: enriching('role', z.optional(z.nullable(z.object({ name: z.string() }))), undefined),
});
const ListedUser = z.extend(User, {
  active: enriching('active', flagOrNothing, null),
  group: enriching('group', z.optional(z.nullable(z.object({ id: NumberId }))), undefined),
});
const Invitation = z.object({
  id: enriching('id', z.optional(z.nullable(z.union([z.int(), z.string()]))), null),
  email: enrichingText('email'),
  created_at: enrichingText('created_at'),
});

const UserAnswer = z.object({ data: User });
const UserList = z.object({ data: z.array(ListedUser), metadata: Metadata });
const GroupList = z.object({ data: z.array(Group), metadata: z.optional(Metadata) });
const PendingList = z.object({ data: z.array(Invitation), metadata: z.optional(Metadata) });

/** SalesLoft's REST API as its guide describes it: https://developers.salesloft.com/docs/api */
export function guideCalls(rest: VendorHttp, pageSize: number): SalesloftCalls {
  return {
    readUser: async (operation, vendorUserId) => {
      // https://developers.salesloft.com/docs/api/users-show
      const answer = await rest.requestIfExists({
        operation,
        method: 'GET',
        path: `/users/${encodeURIComponent(vendorUserId)}`,
        answer: UserAnswer,
      });
      return answer?.data ?? null;
    },

    listPage: async (operation, page) => {
      // https://developers.salesloft.com/docs/api/users-index
      const { data, metadata } = await rest.request({
        operation,
        method: 'GET',
        path: '/users',
        // Deactivated users are left out unless asked for.
        query: { page, per_page: pageSize, include_paging_counts: true, include_deactivated: true },
        answer: UserList,
      });
      const total = metadata.paging.total_count ?? undefined;
      return { items: data, total, next: nextPage(page, data, metadata) };
    },

    readRole: async (_, { role }) => (role === undefined ? undefined : (role?.name ?? null)),
    search: null,
    listAmong: null,

    listInvitations: async (operation, position) => {
      const [page = '1', lastBefore] = position.split(' ');
      // "List Pending Invitations": https://developers.salesloft.com/docs/api
      const answer = await rest.requestIfExists({
        operation,
        method: 'GET',
        path: '/pending_email_accounts',
        query: { page, per_page: pageSize },
        answer: PendingList,
      });
      if (answer === null) return { items: [], next: null };
      const { data, metadata } = answer;
      const last = data.at(-1)?.id ?? '';
      // The guide shows no paging here: a server that ignores the page would give the same invitations again.
      if (last !== '' && String(last) === lastBefore) return { items: [], next: null };
      const next = nextPage(Number(page), data, metadata);
      return { items: data, next: next === null ? null : `${next} ${last}` };
    },

    listGroups: async (page) => {
      // "List Groups": https://developers.salesloft.com/docs/api
      const { data, metadata } = await rest.request({
        operation: 'listGroups',
        method: 'GET',
        path: '/groups',
        query: { page, per_page: pageSize },
        answer: GroupList,
      });
      return { items: data, next: nextPage(page, data, metadata) };
    },

    setActive: null,
    cadencesOf: null,
  };
}
