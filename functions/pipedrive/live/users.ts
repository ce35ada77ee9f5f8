import * as z from 'zod/mini';
import { enriching, enrichingText } from '../../vendor/enriching.ts';
import { flagOrNothing } from '../../vendor/flag-or-nothing.ts';
import type { VendorHttp } from '../../vendor/http.ts';
import { NumberId } from '../../vendor/ids.ts';
import type { ListedUser as Listed, PipedriveCalls, User as Shown } from '../dialect/calls.ts';
import { envelope } from '../guide/answers.ts';

const Access = z.object({ admin: z.optional(z.nullable(z.boolean())) });
const User = z.object({
  id: NumberId,
  name: enrichingText('name'),
  email: enrichingText('email'),
  active_flag: flagOrNothing,
  activated: enriching('activated', flagOrNothing, null),
  access: enriching('access', z.optional(z.nullable(z.array(Access))), null),
});
const ListedUser = z.extend(User, {
  active_flag: enriching('active_flag', flagOrNothing, null),
  role_id: enriching('role_id', z.optional(z.nullable(NumberId)), undefined),
  created: enrichingText('created'),
});

type UserCalls = Pick<
  PipedriveCalls,
  'readUser' | 'readUserIfExists' | 'findUsers' | 'listUsers' | 'listUsersAt' | 'firstUsers'
>;

/** The calls that read users. Their lists come all at once. */
export function liveUsers(http: VendorHttp): UserCalls {
  const list = async <T>(
    operation: string,
    path: string,
    query: Record<string, string | number>,
    item: z.ZodMiniType<T>,
  ): Promise<T[]> => {
    const answer = envelope(z.nullable(z.array(item)));
    return (await http.request({ operation, method: 'GET', path, query, answer })).data ?? [];
  };
  // https://developers.pipedrive.com/docs/api/v1/Users#getUser
  const call = (operation: string, id: string) =>
    ({ operation, method: 'GET', path: `/users/${id}`, answer: envelope(User), isThere: true }) as const;
  // Deactivated users are listed too: https://developers.pipedrive.com/docs/api/v1/Users#getUsers
  const listUsers = async (operation: string) =>
    (await list(operation, '/users', {}, ListedUser)).map(asListed);

  return {
    readUser: async (operation, id) => asShown((await http.request(call(operation, id))).data),
    readUserIfExists: async (operation, id) => {
      const answer = await http.requestIfExists(call(operation, id));
      return answer === null ? null : asShown(answer.data);
    },
    findUsers: async (operation, term) =>
      // https://developers.pipedrive.com/docs/api/v1/Users#findUsersByName
      (await list(operation, '/users/find', { term, search_by_email: 1 }, ListedUser)).map(asListed),
    listUsers,
    listUsersAt: async (operation) => ({ items: await listUsers(operation), next: null }),
    firstUsers: '0',
  };
}

function asShown(user: z.infer<typeof User>): Shown {
  const { id, email, active_flag } = user;
  return { id, name: nameOf(user), email, isActive: active_flag, isAdmin: isAdmin(user) };
}

function asListed(user: z.infer<typeof ListedUser>): Listed {
  const { id, email, active_flag, activated, role_id, created } = user;
  const isInvited = active_flag === true && activated === false && created !== null;
  return {
    ...{ id, name: nameOf(user), email, isActive: active_flag, isAdmin: isAdmin(user) },
    ...(isInvited ? { invitedAt: asInstant(created) } : {}),
    ...(role_id === undefined ? {} : { roleId: role_id }),
  };
}

/** In any of Pipedrive's apps: which of them keeps its last admin is not documented. */
function isAdmin({ access }: Pick<z.infer<typeof User>, 'access'>): boolean {
  return (access ?? []).some(({ admin }) => admin === true);
}

/** Nobody can give a name to a user who is created: until the invitation is accepted, what stands there is no name. */
function nameOf({ name, activated }: Pick<z.infer<typeof User>, 'name' | 'activated'>): string | null {
  return activated === false ? null : name;
}

/** Pipedrive writes times of UTC without saying so. */
function asInstant(time: string): string {
  return /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/.test(time) ? `${time.replace(' ', 'T')}Z` : time;
}
