import * as z from 'zod/mini';
import { enriching, enrichingText } from '../../vendor/enriching.ts';
import type { VendorHttp } from '../../vendor/http.ts';
import type { DrataCalls, Tasks } from '../dialect/calls.ts';

const BackgroundCheck = z.object({ status: enrichingText('status'), updatedAt: enrichingText('updatedAt') });
const User = z.object({
  backgroundChecks: enriching('backgroundChecks', z.optional(z.nullable(z.array(BackgroundCheck))), null),
});

/** What Drata calls OK is what the guide calls PASSED; whoever is out of scope has nothing to pass. */
const CHECK: Record<string, string> = { OK: 'PASSED', OUT_OF_SCOPE: 'PASSED', ISSUE: 'FAILED' };
const IS_FINE = new Set(['PASS', 'EXCLUDED']);

/** Reads the trainings and background checks of a record. */
export function liveTasks(http: VendorHttp): DrataCalls['readTasks'] {
  return async (operation, { userId = null, checks = [] }) => {
    const statusOf = (type: string) => checks.find((check) => check.type === type)?.status;
    const training = statusOf('SECURITY_TRAINING');
    const trainings: Tasks['trainings'] =
      training === undefined
        ? []
        : [{ name: 'Security training', status: IS_FINE.has(training) ? 'COMPLETED' : training }];
    if (IS_FINE.has(statusOf('BG_CHECK') ?? ''))
      return { trainings, backgroundChecks: [{ status: 'PASSED', completedAt: null }] };
    if (userId === null) return { trainings, backgroundChecks: [] };
    // https://developers.drata.com/openapi/reference/v2/operation/UsersPublicV2Controller_getUser/
    const { backgroundChecks } = await http.request({
      operation,
      method: 'GET',
      path: `/users/${userId}`,
      query: { 'expand[]': ['backgroundChecks'] },
      answer: User,
    });
    return {
      trainings,
      backgroundChecks: (backgroundChecks ?? []).map(({ status, updatedAt }) => ({
        status: CHECK[status ?? ''] ?? status,
        completedAt: updatedAt,
      })),
    };
  };
}
