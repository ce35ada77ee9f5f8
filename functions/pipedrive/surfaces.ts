import * as z from 'zod/mini';
import { tokenRenewal } from '../credentials/token-renewal.ts';
import { leftToday } from '../rate-limit/rate-limit.ts';
import type { Dialect } from '../vendor/dialect.ts';
import { readScimRejection } from '../vendor/scim.ts';
import { type Answer, type Failure, limitIn, type Surface } from '../vendor/surface.ts';
import { pipedriveRestSurface, pipedriveScimSurface } from './app.ts';

/** Pipedrive's REST API in one of its dialects. @throws InvalidInputError as `liveLimit` */
export function pipedriveRest(dialect: Dialect): Surface {
  return {
    ...pipedriveRestSurface,
    tokenRenewal,
    limit: limitIn(dialect, pipedriveRestSurface),
    // A personal token also works as a query parameter, but URLs end up in logs.
    authorization: (token, kind): Record<string, string> =>
      kind === 'oauth' ? { authorization: `Bearer ${token}` } : { 'x-api-token': token },
    readFailure: (answer, path) => readFailure(answer) ?? readOtherDialect(dialect, answer, path),
  };
}

export const pipedriveScim: Surface = {
  ...pipedriveScimSurface,
  authorization: (token) => ({ authorization: `Bearer ${token}` }),
  readFailure: (answer) => readFailure(answer) ?? readScimRejection(answer),
};

const Refused = z.object({ success: z.literal(false) });

// https://pipedrive.readme.io/docs/core-api-concepts-rate-limiting
function readFailure({ status, headers, isEmpty, json }: Answer): Failure | undefined {
  if (status === 429 && (leftToday(headers) ?? 1) <= 0) return { kind: 'daily_limit' };
  // Pipedrive's edge refuses a caller who ignores the limit with a 403 page in HTML; a missing permission is a 403 in
  // JSON.
  if (status === 403 && json === undefined && !isEmpty) return { kind: 'rate_limited' };
  if (status < 300 && z.safeParse(Refused, json).success) return { kind: 'rejected' };
  return undefined;
}

const Data = z.pipe(
  z.unknown(),
  z.transform((data: unknown): unknown => (Array.isArray(data) ? data[0] : data)),
);
const Shape = z.object({ data: Data, additional_data: z.optional(z.nullable(z.looseObject({}))) });

/** By their form, because a parser that fits both would take one page for all and leave the rest behind. */
function readOtherDialect(dialect: Dialect, { json }: Answer, path: string): Failure | undefined {
  const shape = z.safeParse(Shape, json);
  if (!shape.success) return undefined;
  const { data, additional_data: more } = shape.data;
  const isOther =
    dialect === 'guide'
      ? has(more, 'next_cursor') || (has(data, 'access') && has(data, 'activated') && !has(data, 'is_admin'))
      : has(more, 'pagination') && !PAGED_IN_BOTH.test(path);
  return isOther ? { kind: 'other_dialect' } : undefined;
}

const PAGED_IN_BOTH = /^\/roles$|\/roleAssignments$/;

function has(holder: unknown, name: string): boolean {
  return typeof holder === 'object' && holder !== null && name in holder;
}
