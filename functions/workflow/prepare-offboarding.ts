import * as z from 'zod/mini';
import { runSourcesFromEnvironment } from '../runs/run-sources.ts';
import { EventOfRun } from '../runs/start-run.ts';
import { sameEmail } from '../shared/email.ts';
import { offboardingMoment, RescindedDetail, TerminatedDetail } from '../shared/events.ts';
import { parseAs, step } from '../shared/step.ts';
import { type IdentityStore, identityStoreFromEnvironment } from '../tables/identity-store.ts';
import { enterOrder } from './enter-order.ts';

const NAME = 'WorkflowPrepareOffboarding';

const Input = z.object({
  detail: z.extend(z.looseObject({ rescinds: z.optional(z.literal('hire')) }), EventOfRun.shape),
  execution: z.string(),
  startedAt: z.string(),
});

/** Checks the input, takes its place in the order, records the run, and finds out who takes over. */
export const handler = step({
  name: NAME,
  client: () => ({ ...runSourcesFromEnvironment(), store: identityStoreFromEnvironment() }),
  input: Input,
  run: async (sources, { detail, execution, startedAt }) => {
    const { store } = sources;
    const run = { workflow: 'offboarding', execution, startedAt } as const;
    const eventId = detail.event?.id;
    const now = new Date();
    if (detail.rescinds !== undefined) {
      const { employee } = parseAs(NAME, RescindedDetail, detail);
      const { employeeId } = employee;
      await enterOrder(sources, { ...run, eventId, employeeId, rescinds: 'hire' });
      await store.writeRun(employeeId, { ...run, rescinds: true });
      const lastWorkingDay = now.toISOString().slice(0, 10);
      const moment = now.toISOString();
      return { employee, rescinds: true, lastWorkingDay, reassignTo: null, apps: [], moment, waits: false };
    }
    const termination = parseAs(NAME, TerminatedDetail, detail);
    const moment = offboardingMoment(termination, now);
    const { employee, lastWorkingDay } = termination;
    const { employeeId } = employee;
    await enterOrder(sources, { ...run, eventId, employeeId });
    await store.writeRun(employeeId, run);
    const recorded = await store.readAccounts(employeeId);
    return {
      employee,
      rescinds: false,
      lastWorkingDay,
      reassignTo: await newOwnerOf(store, termination),
      moment: moment.toISOString(),
      waits: moment > now,
      // For the look at the new owner; the accounts are read again when the run begins.
      apps: termination.apps.map(({ app }) => ({
        app,
        vendorUserId: recorded.find((account) => account.app === app)?.vendorUserId ?? null,
      })),
    };
  },
});

/** Nobody takes over from themselves: whoever is their own manager has none. */
async function newOwnerOf(
  store: Pick<IdentityStore, 'readProfile'>,
  { employee, reassignTo }: TerminatedDetail,
): Promise<string | null> {
  const profile = await store.readProfile(employee.employeeId);
  const owner = reassignTo ?? profile?.managerEmail ?? null;
  const own = [employee.email, ...(profile?.addresses ?? [])];
  return owner !== null && own.some((address) => sameEmail(address, owner)) ? null : owner;
}
