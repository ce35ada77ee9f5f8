import * as z from 'zod/mini';
import { runSourcesFromEnvironment } from '../runs/run-sources.ts';
import { EventOfRun } from '../runs/start-run.ts';
import { offboardingMoment, RescindedDetail, TerminatedDetail } from '../shared/events.ts';
import { parseAs, step } from '../shared/step.ts';
import { identityStoreFromEnvironment } from '../tables/identity-store.ts';
import { enterOrder } from './enter-order.ts';
import { knownNewOwner, newOwnerOf } from './new-owner.ts';
import { recordOf } from './record-of.ts';

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
    const replayedFrom = detail.event?.replayedFrom ?? null;
    const now = new Date();
    if (detail.rescinds !== undefined) {
      const { employee, requiresApproval = false } = parseAs(NAME, RescindedDetail, detail);
      const { employeeId } = employee;
      const origin = await enterOrder(sources, { ...run, eventId, employeeId, rescinds: 'hire' });
      const moment = now.toISOString();
      await store.writeRun(employeeId, { ...run, rescinds: true, origin, dueAt: moment });
      return {
        employee,
        origin,
        rescinds: true,
        lastWorkingDay: moment.slice(0, 10),
        ...{ reassignTo: null, newOwner: null },
        apps: [],
        ...{ requiresApproval, replayedFrom },
        moment,
        waits: false,
        readsAgain: false,
      };
    }
    const termination = parseAs(NAME, TerminatedDetail, detail);
    const due = offboardingMoment(termination, now);
    const moment = due.toISOString();
    const { employee, lastWorkingDay } = termination;
    const { employeeId } = employee;
    const origin = await enterOrder(sources, { ...run, eventId, employeeId });
    const apps = termination.apps.map(({ app }) => app);
    await store.writeRun(employeeId, { ...run, origin, dueAt: moment, apps });
    const recorded = await store.readAccounts(employeeId);
    const reassignTo = newOwnerOf(await store.readProfile(employeeId), termination);
    return {
      employee,
      origin,
      ...{ requiresApproval: termination.requiresApproval ?? false, replayedFrom },
      rescinds: false,
      lastWorkingDay,
      reassignTo,
      newOwner: await knownNewOwner(store, reassignTo),
      // Whom the event names; without one, it is the manager of the moment.
      toldReassignTo: termination.reassignTo ?? null,
      moment,
      waits: due > now,
      ...recordOf(termination, moment),
      // For the look at the new owner; the accounts are read again when the run begins.
      apps: termination.apps.map(({ app }) => ({
        app,
        vendorUserId: recorded.find((account) => account.app === app)?.vendorUserId ?? null,
      })),
    };
  },
});
