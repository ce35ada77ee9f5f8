import * as z from 'zod/mini';
import { readScimRejection } from '../vendor/scim.ts';
import type { Answer, Failure, Surface } from '../vendor/surface.ts';
import { pipedriveRestSurface, pipedriveScimSurface } from './app.ts';

export const pipedriveRest: Surface = {
  ...pipedriveRestSurface,
  // A personal token also works as a query parameter, but URLs end up in logs.
  authorization: (token, kind): Record<string, string> =>
    kind === 'oauth' ? { authorization: `Bearer ${token}` } : { 'x-api-token': token },
  readFailure,
};

export const pipedriveScim: Surface = {
  ...pipedriveScimSurface,
  authorization: (token) => ({ authorization: `Bearer ${token}` }),
  readFailure: (answer) => readFailure(answer) ?? readScimRejection(answer),
};

// https://pipedrive.readme.io/docs/core-api-concepts-rate-limiting
function readFailure({ status, headers, isEmpty, json }: Answer): Failure | undefined {
  const dailyLeft = headers.get('x-daily-requests-left');
  if (status === 429 && dailyLeft !== null && Number(dailyLeft) <= 0) return { kind: 'daily_limit' };
  // Pipedrive's edge refuses a caller who ignores the limit with a 403 page in HTML; a missing permission is a 403 in
  // JSON.
  if (status === 403 && json === undefined && !isEmpty) return { kind: 'rate_limited' };
  if (status < 300 && z.safeParse(z.object({ success: z.literal(false) }), json).success)
    return { kind: 'rejected' };
  return undefined;
}
