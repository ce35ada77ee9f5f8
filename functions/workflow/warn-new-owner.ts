import * as z from 'zod/mini';
import { CaughtError, readError } from '../runs/app-result.ts';
import { logger } from '../shared/logger.ts';
import { step } from '../shared/step.ts';
import { identityStoreFromEnvironment } from '../tables/identity-store.ts';
import { ownerSource } from './new-owner.ts';

/**
 * Tells in time that nobody can take over a leaver's records: into the run's row, where GET /runs shows it, and into the
 * log, where an alarm counts it. The run goes on, because the logins are shut whoever takes over.
 */
export const handler = step({
  name: 'WorkflowWarnNewOwner',
  client: identityStoreFromEnvironment,
  input: z.object({
    execution: z.string(),
    startedAt: z.string(),
    employee: z.object({ employeeId: z.string() }),
    error: CaughtError,
    reassignTo: z.optional(z.nullable(z.string())),
    toldReassignTo: z.optional(z.nullable(z.string())),
  }),
  run: async (store, { execution, startedAt, employee: { employeeId }, error, ...owner }) => {
    const warning = [readError(error).message, ownerSource(owner)].join(' ').trim();
    await store.warn(employeeId, { workflow: 'offboarding', execution, startedAt }, warning);
    logger.warn('new owner missing', { employeeId, execution });
    return { status: 'changed' };
  },
});
