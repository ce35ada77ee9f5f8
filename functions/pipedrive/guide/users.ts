import * as z from 'zod/mini';
import { enriching, enrichingText, enrichingTextIfTold } from '../../vendor/enriching.ts';
import { flagOrNothing } from '../../vendor/flag-or-nothing.ts';
import type { VendorHttp } from '../../vendor/http.ts';
import { NumberId } from '../../vendor/ids.ts';
import type { ListedUser as Listed, PipedriveCalls, User as Shown } from '../dialect/calls.ts';
import { envelope, FIRST_POSITION, type GuideLists, LONGEST_PAGE } from './answers.ts';

const User = z.object({
  id: NumberId,
  name: enrichingText('name'),
  email: enrichingText('email'),
  active_flag: flagOrNothing,
  is_admin: enriching('is_admin', z.optional(z.nullable(z.union([z.number(), z.boolean()]))), null),
});
const ListedUser = z.extend(User, {
  active_flag: enriching('active_flag', flagOrNothing, null),
  role_id: enriching('role_id', z.optional(z.nullable(NumberId)), undefined),
  created: enrichingText('created'),
  last_login: enrichingTextIfTold('last_login'),
});
const FoundUser = z.pick(User, { id: true, name: true, email: true });

type UserCalls = Pick<
  PipedriveCalls,
  'readUser' | 'readUserIfExists' | 'findUsers' | 'listUsers' | 'listUsersAt' | 'firstUsers'
>;

/** The calls that read users. */
export function guideUsers(http: VendorHttp, lists: GuideLists): UserCalls {
  // https://developers.pipedrive.com/docs/api/v1/Users#getUser
  const call = (operation: string, id: string) =>
    ({ operation, method: 'GET', path: `/users/${id}`, answer: envelope(User), isThere: true }) as const;
  // Deactivated users are listed too: https://developers.pipedrive.com/docs/api/v1/Users#getUsers
  const all = (operation: string) => ({ operation, path: '/users', item: ListedUser, limit: LONGEST_PAGE });

  return {
    readUser: async (operation, id) => asShown((await http.request(call(operation, id))).data),
    readUserIfExists: async (operation, id) => {
      const answer = await http.requestIfExists(call(operation, id));
      return answer === null ? null : asShown(answer.data);
    },
    findUsers: (operation, term) =>
      // https://developers.pipedrive.com/docs/api/v1/Users#findUsersByName
      lists.readAll({ operation, path: '/users/find', query: { term, search_by_email: 1 }, item: FoundUser }),
    listUsers: async (operation) => (await lists.readAll(all(operation))).map(asListed),
    listUsersAt: async (operation, position) => {
      const { items, next } = await lists.readAt(all(operation), position);
      return { items: items.map(asListed), next };
    },
    firstUsers: FIRST_POSITION,
  };
}

function asShown({ id, name, email, active_flag, is_admin }: z.infer<typeof User>): Shown {
  return { id, name, email, isActive: active_flag, isAdmin: Number(is_admin ?? 0) === 1 };
}

function asListed(user: z.infer<typeof ListedUser>): Listed {
  const { id, name, email, active_flag, is_admin, role_id, created, last_login } = user;
  // Pipedrive shows no invitations; who has accepted one has logged in.
  const isInvited = active_flag === true && last_login === null && created !== null;
  return {
    ...{ id, name, email, isActive: active_flag, isAdmin: Number(is_admin ?? 0) === 1 },
    ...(isInvited ? { invitedAt: created } : {}),
    ...(role_id === undefined ? {} : { roleId: role_id }),
  };
}
