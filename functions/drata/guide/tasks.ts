import * as z from 'zod/mini';
import { enrichingText } from '../../vendor/enriching.ts';
import type { VendorHttp } from '../../vendor/http.ts';
import type { DrataCalls } from '../dialect/calls.ts';

const Trainings = z.object({
  trainings: z.array(z.object({ name: enrichingText('name'), status: enrichingText('status') })),
});
const BackgroundChecks = z.object({
  backgroundChecks: z.array(
    z.object({ status: enrichingText('status'), completedAt: enrichingText('completedAt') }),
  ),
});

/** Reads the trainings and background checks of a record. */
export function guideTasks(http: VendorHttp): DrataCalls['readTasks'] {
  return async (operation, { id }) => {
    // "List Personnel Training Status": https://www.stitchflow.com/user-management/drata/api
    const { trainings } = await http.request({
      operation,
      method: 'GET',
      path: `/personnel/${id}/training`,
      answer: Trainings,
    });
    // "List Personnel Background Checks": https://www.stitchflow.com/user-management/drata/api
    const { backgroundChecks } = await http.request({
      operation,
      method: 'GET',
      path: `/personnel/${id}/background-checks`,
      answer: BackgroundChecks,
    });
    return { trainings, backgroundChecks };
  };
}
