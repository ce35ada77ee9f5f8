import * as z from 'zod/mini';
import { tokenRenewal } from '../credentials/token-renewal.ts';
import type { Answer, Failure, Surface } from '../vendor/surface.ts';
import { driftwoodRestSurface } from './app.ts';

/** Driftwood CRM's REST API. */
export const driftwoodRest: Surface = {
  ...driftwoodRestSurface,
  tokenRenewal,
  authorization: (token) => ({ authorization: `Bearer ${token}` }),
  readFailure,
};

const Refusal = z.object({ ok: z.literal(false) });
// A code appears in messages, so a text that may be a sentence or an address is not read as one.
const RefusalCode = z.object({ error: z.object({ code: z.string().check(z.regex(/^[\w.-]{1,60}$/)) }) });
/** The code with which a call about an unknown user is refused. */
export const NO_SUCH_USER = 'user.not_found';
const AUTH_CODE = /^(auth\.|token\.|unauthorized$|forbidden$)/;
/** The call whose token is that of a mail. */
export const RESET_PASSWORD_PATH = '/users-reset-password';
const RESET_TOKEN_CODE = /^token\./;
const STATUSES_THAT_DECIDE = [401, 403, 408, 429];

// https://docs.driftwoodapp.com/making-requests and https://docs.driftwoodapp.com/rate-limits/
function readFailure({ status, json }: Answer, path: string): Failure | undefined {
  if (status >= 500 || !z.safeParse(Refusal, json).success) return undefined;
  const code = z.safeParse(RefusalCode, json).data?.error.code;
  if (code === 'rate_limit.exceeded') return { kind: 'rate_limited' };
  if (STATUSES_THAT_DECIDE.includes(status)) return undefined;
  if (path === RESET_PASSWORD_PATH && code !== undefined && RESET_TOKEN_CODE.test(code))
    return { kind: 'rejected', code };
  if (code !== undefined && AUTH_CODE.test(code)) return { kind: 'auth' };
  return { kind: code === NO_SUCH_USER ? 'missing' : 'rejected', code };
}
