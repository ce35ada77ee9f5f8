import * as z from 'zod/mini';
import { tokenRenewal } from '../credentials/token-renewal.ts';
import type { Dialect } from '../vendor/dialect.ts';
import type { Surface } from '../vendor/surface.ts';
import { driftRestSurface } from './app.ts';

/**
 * Drift's REST API in one of its dialects. It has a file of its own because the contact sync needs nothing else of the
 * client.
 */
export function driftRest(dialect: Dialect): Surface {
  return {
    ...driftRestSurface,
    tokenRenewal,
    authorization: (token) => ({ authorization: `Bearer ${token}` }),
    readFailure: ({ status, json }, path) => {
      // Only today's API has this list.
      if (path === '/users/list' && status === 404) return { kind: 'other_dialect' };
      const hasOtherForm = dialectShown(json, path) === (dialect === 'live' ? 'guide' : 'live');
      return status < 300 && hasOtherForm ? { kind: 'other_dialect' } : undefined;
    },
  };
}

const AnyAnswer = z.object({ data: z.looseObject({ attributes: z.optional(z.looseObject({})) }) });

/** The dialect of an answer: a contact's address is its own or an attribute, and `/users` is a list or a map. */
function dialectShown(json: unknown, path: string): Dialect | undefined {
  const { data } = z.safeParse(AnyAnswer, json);
  if (data === undefined) return undefined;
  if (path === '/users') return 'live';
  if (!/^\/contacts\//.test(path)) return undefined;
  if ('email' in data.data || 'ownerId' in data.data) return 'guide';
  return data.data.attributes !== undefined && 'email' in data.data.attributes ? 'live' : undefined;
}
