import type { Dialect } from '../vendor/dialect.ts';
import type { Answer, Surface } from '../vendor/surface.ts';
import { drataRestSurface } from './app.ts';

/** Drata's REST API in one of its dialects. */
export function drataRest(dialect: Dialect): Surface {
  return {
    ...drataRestSurface,
    authorization: (token) => ({ authorization: `Bearer ${token}` }),
    readFailure: ({ status, json }: Answer) => {
      // Nobody has agreed to Drata's terms of service yet; only today's API says so.
      if (status === 412) return { kind: 'rejected', code: 'the terms of service are not accepted' };
      const hasOtherForm = hasAny(json, dialect === 'live' ? ONLY_GUIDE : ONLY_LIVE);
      return status < 300 && hasOtherForm ? { kind: 'other_dialect' } : undefined;
    },
  };
}

/** Fields by which an answer shows its dialect: of a page, and of a record. */
const ONLY_LIVE = ['pagination', 'employmentStatus'];
const ONLY_GUIDE = ['page', 'isActive'];

function hasAny(json: unknown, names: readonly string[]): boolean {
  return typeof json === 'object' && json !== null && names.some((name) => name in json);
}
