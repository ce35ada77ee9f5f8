import { SecretUnreadableError } from '../credentials/secret-store.ts';
import {
  InvalidInputError,
  LimiterUnavailableError,
  VendorAuthError,
  VendorDailyLimitError,
  VendorRateLimitedError,
  VendorRejectedError,
  VendorUnavailableError,
} from '../shared/errors.ts';
import type { Check } from '../tables/diagnosis-store.ts';
import { isMissing } from '../vendor/http.ts';
import { type SurfaceDescription, secretName } from '../vendor/surface.ts';
import { ok, unknown, wrong } from './diagnosis.ts';

/** What a call that failed tells about its surface. */
export function failureChecks(surface: SurfaceDescription, error: unknown): Check[] {
  const on = surface.surface;
  const secret = secretName(surface);
  const reached = ok('reachable', 'answers', on);
  if (error instanceof InvalidInputError) return [wrong('settings', error.message, 'correct it', on)];
  if (error instanceof SecretUnreadableError)
    return [wrong('token', 'no usable secret', `store ${secret}`, on)];
  if (error instanceof VendorUnavailableError)
    return [wrong('reachable', 'unreachable', `check ${surface.baseUrlVariable}`, on)];
  if (error instanceof VendorAuthError)
    return [reached, wrong('token', refusal(error), `renew ${secret}`, on)];
  if (error instanceof VendorDailyLimitError)
    return [reached, wrong('limit', "the day's budget is used up", `ask again after ${error.again}`, on)];
  if (error instanceof VendorRateLimitedError)
    return [reached, wrong('limit', 'the limit is used up', 'ask again in a minute', on)];
  if (error instanceof LimiterUnavailableError)
    return [unknown('reachable', 'not asked: the coordination table cannot be used', on)];
  if (on === 'scim' && isMissing(error))
    return [wrong('scim', 'no SCIM there', `check ${surface.baseUrlVariable}, and the plan`, on)];
  if (error instanceof VendorRejectedError && error.code !== undefined)
    return [reached, wrong('admin', `refused: ${error.code}`, 'mend it in the app', on)];
  return [reached, wrong('dialect', 'unexpected answers', `check ${surface.baseUrlVariable}`, on)];
}

function refusal({ call: { status, path } }: VendorAuthError): string {
  return status === undefined ? 'not renewed' : `refused (${status}) at ${path}`;
}
