import * as z from 'zod/mini';
import { tokenRenewal } from '../credentials/token-renewal.ts';
import type { Dialect } from '../vendor/dialect.ts';
import { readScimRejection } from '../vendor/scim.ts';
import type { Surface } from '../vendor/surface.ts';
import { salesloftRestSurface, salesloftScimSurface } from './app.ts';

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** SalesLoft's REST API in one of its dialects. */
export function salesloftRest(dialect: Dialect): Surface {
  return {
    ...salesloftRestSurface,
    tokenRenewal,
    authorization: bearer,
    readFailure: ({ status, json }) =>
      status < 300 && dialectShown(json) === (dialect === 'live' ? 'guide' : 'live')
        ? { kind: 'other_dialect' }
        : undefined,
  };
}

const WithRole = z.object({ role: z.looseObject({}) });
const WithUsers = z.object({ data: z.union([WithRole, z.array(WithRole)]) });

/** The dialect of an answer about users: a role has a name in the one, and only a reference in the other. */
function dialectShown(json: unknown): Dialect | undefined {
  const [user] = [z.safeParse(WithUsers, json).data?.data ?? []].flat();
  if (user === undefined) return undefined;
  if ('_href' in user.role) return 'live';
  return 'name' in user.role ? 'guide' : undefined;
}

export const salesloftScim: Surface = {
  ...salesloftScimSurface,
  authorization: bearer,
  readFailure: readScimRejection,
};
