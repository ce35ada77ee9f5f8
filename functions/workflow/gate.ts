import * as z from 'zod/mini';
import { approvalOf, isApproved, reasonsToHold } from '../gate/reasons.ts';
import { takeRoom } from '../gate/room.ts';
import { type GateSettings, gateSettingsFromEnvironment } from '../gate/settings.ts';
import { APPS, type App } from '../shared/apps.ts';
import type { HeldReason } from '../shared/held-reason.ts';
import { step } from '../shared/step.ts';
import { Workflow } from '../shared/workflow.ts';
import { type CountKind, gateStoreFromEnvironment } from '../tables/gate-store.ts';
import { holdStoreFromEnvironment } from '../tables/hold-store.ts';
import { type IdentityStore, identityStoreFromEnvironment } from '../tables/identity-store.ts';
import { type RosterStore, rosterStoreFromEnvironment } from '../tables/roster-store.ts';
import { addressesOf, Person } from '../vendor/find-account.ts';

const AppItem = z.looseObject({ app: z.enum(APPS), role: z.nullable(z.string()) });

const Run = z.looseObject({
  status: z.enum(['current', 'superseded']),
  employee: z.looseObject({ employeeId: z.string() }),
  person: z.optional(Person),
  apps: z.array(AppItem),
  /** When it was due, as an ISO instant. */
  moment: z.string(),
  requiresApproval: z._default(z.boolean(), false),
  /** When the event happened that an archive has sent again, as an ISO instant. */
  replayedFrom: z._default(z.nullable(z.string()), null),
  origin: z.optional(z.nullable(z.looseObject({ requester: z.looseObject({ via: z.string() }) }))),
});
type Run = z.infer<typeof Run>;

/**
 * Decides whether a run whose moment has come may act. A run that is held takes no room.
 *
 * @throws InvalidInputError when the settings are not usable; GateContendedError; the stores' errors.
 */
export const handler = step({
  name: 'WorkflowGate',
  client: () => ({
    counts: gateStoreFromEnvironment(),
    holds: holdStoreFromEnvironment(),
    store: identityStoreFromEnvironment(),
    roster: rosterStoreFromEnvironment(),
    now: Date.now,
  }),
  input: z.object({ workflow: Workflow, execution: z.string(), startedAt: z.string(), run: Run }),
  run: async (sources, { workflow, execution, startedAt, run }) => {
    if (run.status === 'superseded') return run;
    const settings = gateSettingsFromEnvironment();
    const hold = await sources.holds.read({ workflow, name: execution });
    const approved = hold?.approved ?? [];
    const isOpen = (reason: HeldReason) => !isApproved(approved, reason);
    const dueAt = hold === null ? dueAtOf(workflow, run, startedAt) : null;
    const said = reasonsToHold(gatedRun(workflow, run, dueAt), settings, sources.now()).filter(isOpen);
    const isReleased = approved.includes(approvalOf({ kind: 'too_many', app: null }));
    const crowd = isReleased
      ? []
      : await crowdReasons(sources, { workflow, run, settings, takes: said.length === 0 });
    const reasons = [...said, ...crowd];
    const gate = {
      approved,
      reasons,
      expiresInSeconds: Math.max(1, Math.round(settings.expiryDays[workflow] * 86_400)),
    };
    return { ...run, gate, status: reasons.length === 0 ? 'current' : 'held' };
  },
});

function gatedRun(workflow: Workflow, run: Run, dueAt: number | null) {
  return {
    workflow,
    employeeId: run.employee.employeeId,
    addresses: run.person === undefined ? [] : addressesOf(run.person),
    apps: run.apps,
    requiresApproval: run.requiresApproval,
    dueAt,
  };
}

/**
 * When a run was due, in epoch milliseconds. HR often enters people after their first day, so that a hire which came
 * too late to wait is not late.
 */
function dueAtOf(workflow: Workflow, { moment, replayedFrom }: Run, startedAt: string): number | null {
  const due = Date.parse(moment);
  if (replayedFrom !== null) return Math.min(due, Date.parse(replayedFrom));
  return workflow === 'onboarding' && due < Date.parse(startedAt) ? null : due;
}

type CrowdSources = Parameters<typeof takeRoom>[0] & {
  store: Pick<IdentityStore, 'readAccounts'>;
  roster: Pick<RosterStore, 'find'>;
};

async function crowdReasons(
  sources: CrowdSources,
  {
    workflow,
    run,
    settings,
    takes,
  }: { workflow: Workflow; run: Run; settings: GateSettings; takes: boolean },
): Promise<HeldReason[]> {
  if (workflow === 'update' || !(await changesLogins(sources, workflow, run))) return [];
  const { employeeId } = run.employee;
  const limit = settings.limits[workflow];
  const full = await takeRoom(sources, { kind: workflow, employeeId, limit, takes });
  if (full === null) return [];
  const window = full.window === 'day' ? '24 hours' : '7 days';
  const detail = `Within ${window}, ${full.allowed} people went through ${NOUN[workflow]}, which is as many as may.`;
  return [{ kind: 'too_many', app: null, detail }];
}

const NOUN: Record<CountKind, string> = { offboarding: 'an offboarding', onboarding: 'an onboarding' };

/** Whether a login would be shut or opened, as far as is known: who is shut already does not count again. */
async function changesLogins(
  { store, roster }: CrowdSources,
  workflow: CountKind,
  { employee, apps, origin }: Run,
): Promise<boolean> {
  // It has seen an open login.
  if (origin?.requester.via === 'reconciliation') return apps.length > 0;
  const { employeeId } = employee;
  const accounts = await store.readAccounts(employeeId);
  const isDone = async (app: App) => {
    const account = accounts.find((one) => one.app === app);
    if (account === undefined)
      return workflow === 'offboarding' && (await isWantedShut(roster, app, employeeId));
    if (workflow === 'offboarding') return account.status === 'deactivated';
    return account.status === 'active' || account.status === 'invited';
  };
  for (const { app } of apps) if (!(await isDone(app))) return true;
  return false;
}

async function isWantedShut(
  roster: Pick<RosterStore, 'find'>,
  app: App,
  employeeId: string,
): Promise<boolean> {
  return (await roster.find(app, employeeId))?.login === 'shut';
}
