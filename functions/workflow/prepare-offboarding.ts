import * as z from 'zod/mini';
import { sameEmail } from '../shared/email.ts';
import { InvalidInputError } from '../shared/errors.ts';
import { offboardingMoment, TerminatedDetail } from '../shared/events.ts';
import { pendingOutcome } from '../shared/outcome.ts';
import { step } from '../shared/step.ts';
import { identityStoreFromEnvironment } from '../tables/identity-store.ts';
import { recordedAccounts } from './recorded-accounts.ts';

/** Checks the input, records the run, finds out who takes over, and lays out one item per app for the Map state. */
export const handler = step({
  name: 'WorkflowPrepareOffboarding',
  client: identityStoreFromEnvironment,
  input: z.object({ detail: TerminatedDetail, execution: z.string(), startedAt: z.string() }),
  run: async (store, { detail, execution, startedAt }) => {
    const { employee, lastWorkingDay } = detail;
    await store.writeRun(employee.employeeId, { workflow: 'offboarding', execution, startedAt });
    const profile = await store.readProfile(employee.employeeId);
    const reassignTo = detail.reassignTo ?? profile?.managerEmail ?? null;
    if (reassignTo !== null && sameEmail(reassignTo, employee.email)) {
      throw new InvalidInputError('The new owner is the leaver. Name somebody else as reassignTo.');
    }
    const vendorUserId = recordedAccounts(await store.readAccounts(employee.employeeId));
    return {
      employee,
      lastWorkingDay,
      reassignTo,
      moment: offboardingMoment(detail, new Date()).toISOString(),
      apps: detail.apps.map(({ app }) => ({
        app,
        vendorUserId: vendorUserId(app),
        outcome: pendingOutcome(),
      })),
    };
  },
});
