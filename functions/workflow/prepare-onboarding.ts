import * as z from 'zod/mini';
import { readHireToGoOn } from '../runs/interrupted-hire.ts';
import { withLaterNews } from '../runs/news.ts';
import { assertPrevious } from '../runs/previous-id.ts';
import { appsToRescind, readRunsOfPerson } from '../runs/rescind.ts';
import { runSourcesFromEnvironment } from '../runs/run-sources.ts';
import { EventOfRun, type RunSources } from '../runs/start-run.ts';
import { followTakeover, takeOver } from '../runs/takeover.ts';
import type { App } from '../shared/apps.ts';
import { appsFromEnvironment } from '../shared/companys-apps.ts';
import { HiredDetail, onboardingMoment, RescindedDetail } from '../shared/events.ts';
import type { Origin } from '../shared/origin.ts';
import { parseAs, step } from '../shared/step.ts';
import {
  type IdentityStore,
  identityStoreFromEnvironment,
  type Profile,
  type RunKey,
} from '../tables/identity-store.ts';
import { type RosterStore, rosterStoreFromEnvironment } from '../tables/roster-store.ts';
import { contradiction } from './contradiction.ts';
import { enterOrder } from './enter-order.ts';
import { recordOf } from './record-of.ts';

const NAME = 'WorkflowPrepareOnboarding';

const Input = z.object({
  detail: z.extend(z.looseObject({ rescinds: z.optional(z.literal('termination')) }), EventOfRun.shape),
  execution: z.string(),
  startedAt: z.string(),
});

/** Checks the input, takes its place in the order, records the run, and stores the profile at once. */
export const handler = step({
  name: NAME,
  client: () => ({
    ...runSourcesFromEnvironment(),
    store: identityStoreFromEnvironment(),
    roster: rosterStoreFromEnvironment(),
  }),
  input: Input,
  run: async (sources, { detail, execution, startedAt }) => {
    const run = { workflow: 'onboarding', execution, startedAt } as const;
    const eventId = detail.event?.id;
    const replayedFrom = detail.event?.replayedFrom ?? null;
    if (detail.rescinds !== undefined) {
      const { employee, requiresApproval = false } = parseAs(NAME, RescindedDetail, detail);
      const { employeeId } = employee;
      const origin = await enterOrder(sources, { ...run, eventId, employeeId, rescinds: 'termination' });
      const interrupted = await readHireToGoOn(sources, employeeId);
      if (interrupted !== null) {
        const shut = await shutByTerminations(sources.store, employeeId);
        const hire = withRestored(interrupted, shut);
        const parts = { run: { ...run, origin }, replayedFrom };
        return prepareHire(
          sources,
          { ...hire, requiresApproval: requiresApproval || hire.requiresApproval },
          parts,
        );
      }
      const moment = new Date().toISOString();
      await sources.store.writeRun(employeeId, { ...run, rescinds: true, origin, dueAt: moment });
      return {
        ...{ employee, origin, rescinds: true, requiresApproval, replayedFrom, apps: [], moment },
        readsAgain: false,
      };
    }
    const hire = parseAs(NAME, HiredDetail, detail);
    // Refused before a manual execution takes its place, where it would stop what waits.
    onboardingMoment(hire, new Date());
    await assertPrevious(sources, hire);
    const { employeeId } = hire.employee;
    const { previousEmployeeId } = hire;
    const asJson = JSON.stringify(hire);
    const origin = await enterOrder(sources, {
      ...run,
      ...{ eventId, employeeId, previousEmployeeId, hire: asJson },
    });
    return prepareHire(sources, hire, { run: { ...run, origin }, replayedFrom });
  },
});

type Sources = RunSources & { store: IdentityStore; roster: RosterStore };

/** Records the run of a hire that has its place in the order, and stores the profile. */
async function prepareHire(
  sources: Sources,
  hire: HiredDetail,
  { run, replayedFrom }: { run: RunKey & { origin: Origin | null }; replayedFrom: string | null },
) {
  const moment = onboardingMoment(hire, new Date()).toISOString();
  const employee = withNulls(hire.employee);
  const { employeeId } = employee;
  const { previousEmployeeId } = hire;
  const { origin, execution } = run;
  const wanted = hire.apps.map(({ app }) => app);
  await sources.store.writeRun(employeeId, { ...run, dueAt: moment, apps: wanted });
  if (previousEmployeeId !== undefined) await takeOver(sources, { from: previousEmployeeId, to: employeeId });
  const placed = await sources.order.read(employeeId);
  const profile = await sources.store.readProfile(employeeId);
  const facts = withLaterNews(employee, placed, profile);
  const isFree = (await contradiction(sources, 'onboarding', employee, profile)) === null;
  if (isFree && placed.last?.run.name === execution) await sources.store.writeProfile(employeeId, facts);
  await followTakeover(sources, employeeId);
  const apps = hire.apps.map(({ app, role, passwordEmail }) => ({
    app,
    role: role ?? null,
    passwordEmail: passwordEmail ?? false,
  }));
  return {
    ...{ employee, origin, rescinds: false, apps, moment, replayedFrom },
    requiresApproval: hire.requiresApproval ?? false,
    otherNews: otherNews(facts, profile),
    ...recordOf(hire, moment),
  };
}

/** The apps in which terminations have shut an account that is to be brought back. */
async function shutByTerminations(store: IdentityStore, employeeId: string): Promise<App[]> {
  const previousIds = (await store.readProfile(employeeId))?.previousEmployeeIds ?? [];
  const shut = appsToRescind(await readRunsOfPerson(store, [...previousIds, employeeId]), 'onboarding');
  return appsFromEnvironment().filter((app) => shut.includes(app));
}

/** A hire that also brings back what was shut. Who could log in before does not wait for a first day. */
function withRestored(hire: HiredDetail, shut: readonly App[]): HiredDetail {
  if (shut.length === 0) return hire;
  const more = shut.filter((app) => !hire.apps.some((item) => item.app === app)).map((app) => ({ app }));
  return { ...hire, apps: [...hire.apps, ...more], when: 'now' };
}

/** What else than name and address the hire says of somebody who is known, and nobody has said before, in words. */
function otherNews(facts: Facts, profile: Profile | null): string[] {
  if (profile === null) return [];
  const isNew = (fact: keyof Facts) => facts[fact] !== null && facts[fact] !== profile[fact];
  const words: [keyof Facts, string][] = [
    ['title', 'title'],
    ['department', 'department'],
    ['managerEmail', 'manager'],
  ];
  return words.flatMap(([fact, word]) => (isNew(fact) ? [word] : []));
}

type Facts = Pick<Profile, 'title' | 'department' | 'managerEmail'>;

// Amazon States Language cannot read a path that is not there, so what is absent is null from here on.
function withNulls(employee: HiredDetail['employee']) {
  return {
    ...employee,
    title: employee.title ?? null,
    department: employee.department ?? null,
    employmentType: employee.employmentType ?? null,
    managerEmail: employee.managerEmail ?? null,
    timeZone: employee.timeZone ?? null,
  };
}
