import * as z from 'zod/mini';
import { APP_DESCRIPTIONS } from '../app-descriptions.ts';
import { digestOf, type RunRequest, type RunSources, startRun } from '../runs/start-run.ts';
import { APPS, type App } from '../shared/apps.ts';
import { HeldReason } from '../shared/held-reason.ts';
import { parseJson } from '../shared/json.ts';
import { Outcome } from '../shared/outcome.ts';
import type { AppPlan, Plan } from '../shared/plan.ts';
import { type Planning, withPlanning } from '../shared/planning.ts';
import type { Workflow } from '../shared/workflow.ts';
import type { AppDescription, Chain } from '../vendor/app-description.ts';
import { plannedRows } from './planned-rows.ts';
import { sentencesOf, wordsOf } from './sentences.ts';
import { withId } from './with-id.ts';

/** Invokes a step by its name, in this process. @throws what its handler throws */
export type Invoke = (step: string, event: unknown) => Promise<unknown>;

const FIRST_STEP: Record<Workflow, string> = {
  onboarding: 'WorkflowPrepareOnboarding',
  offboarding: 'WorkflowPrepareOffboarding',
  update: 'WorkflowPrepareUpdate',
};

const PHASE = { onboarding: 'provision', offboarding: 'shut', update: 'update' } as const satisfies Record<
  Workflow,
  keyof AppDescription['phases']
>;

const AppItem = z.looseObject({ app: z.enum(APPS), outcome: Outcome });
type AppItem = z.infer<typeof AppItem>;

const GatedRun = z.looseObject({
  status: z.enum(['current', 'held', 'superseded']),
  employee: z.looseObject({ employeeId: z.string() }),
  moment: z.string(),
  gate: z.optional(z.object({ approved: z.array(z.string()), reasons: z.array(HeldReason) })),
  apps: z.array(AppItem),
});
type GatedRun = z.infer<typeof GatedRun>;

type Execution = { workflow: Workflow; name: string; startedAt: string };

/**
 * What the run that is asked for would change if it began now, as the run's own steps say. It reads the apps and the tables,
 * and changes nothing in them but the counters of the apps' limits, and a token that has to be renewed.
 *
 * @throws InvalidInputError where no run would be started; RunBusyError while another run acts for the employee; what the
 *   steps throw that come before the apps.
 */
export function makePlan(invoke: Invoke, sources: RunSources, request: RunRequest): Promise<Plan> {
  return withPlanning(plannedRows(), async (planning) => {
    const { workflow, name, status } = await startRun(sources, request);
    const { employeeId } = request.detail.employee;
    const digest = digestOf(request);
    const { startedWith } = planning;
    if (status !== 'started' || startedWith === null)
      return withId(digest, {
        ...{ workflow, employeeId, moment: null, held: [], apps: [] },
        status: status === 'started' ? 'running' : status,
      });
    const execution = { workflow, name, startedAt: new Date().toISOString() };
    const run = await runAtItsMoment(invoke, execution, parseJson(startedWith));
    const held = run.gate?.reasons ?? [];
    const apps: AppPlan[] = [];
    for (const item of run.apps) apps.push(await planApp(invoke, planning, execution, { run, item }));
    return withId(digest, {
      ...{ workflow, employeeId, moment: run.moment, held, apps },
      status: run.status === 'current' ? 'go' : run.status,
    });
  });
}

/** The run as it is when it may act, or is held. */
async function runAtItsMoment(
  invoke: Invoke,
  { workflow, name, startedAt }: Execution,
  detail: unknown,
): Promise<GatedRun> {
  const prepared = await invoke(FIRST_STEP[workflow], { detail, execution: name, startedAt });
  const begun = await invoke('WorkflowBegin', { workflow, execution: name, run: prepared });
  return z.parse(
    GatedRun,
    await invoke('WorkflowGate', { workflow, execution: name, startedAt, run: begun }),
  );
}

async function planApp(
  invoke: Invoke,
  planning: Planning,
  execution: Execution,
  { run, item }: { run: GatedRun; item: AppItem },
): Promise<AppPlan> {
  const { app } = item;
  const { workflow } = execution;
  const plan: AppPlan = {
    ...{ app, account: null, sentences: [], writes: [], followUps: [], held: [], notKnown: [], failures: [] },
  };
  const walk = { plan, invoke, planning, item: itemOf(execution, run, item) };
  const shut = await walkChain(walk, item.outcome, chainOf(app, PHASE[workflow]));
  const mayHandOver = workflow === 'offboarding' && plan.failures.length === 0 && shut.status !== 'held';
  let last = shut;
  if (mayHandOver && shut.account !== null)
    for (const step of chainOf(app, 'handOver')) last = await walkChain(walk, last, [step]);
  return {
    ...plan,
    account: last.account?.vendorUserId ?? null,
    followUps: last.followUps,
    held: last.held,
  };
}

function chainOf(app: App, phase: 'provision' | 'shut' | 'update' | 'handOver'): Chain {
  return APP_DESCRIPTIONS[app].phases[phase] ?? [];
}

/** What the states of the run's maps tell an app's steps; a test compares it with them. */
export function itemOf({ workflow, name, startedAt }: Execution, run: GatedRun, item: AppItem) {
  const { employee, person, news, lastWorkingDay, reassignTo, newOwner, rescinds, gate, position } = run;
  const { app, role, passwordEmail, vendorUserId } = item;
  const told = { workflow, app, vendorUserId, person, redrives: 0 };
  if (workflow === 'update') return { ...told, employee: news };
  if (workflow === 'onboarding') return { ...told, role, passwordEmail, employee, reinstates: rescinds };
  const handsOver = { reassignTo, newOwner, execution: name, startedAt };
  return { ...told, employee, position, lastWorkingDay, approved: gate?.approved ?? [], ...handsOver };
}

type Walk = { plan: AppPlan; invoke: Invoke; planning: Planning; item: object };

/** Takes an app's item through a chain, as far as that is known before anything is done. */
async function walkChain(walk: Walk, before: Outcome, chain: Chain): Promise<Outcome> {
  const { plan, invoke, planning, item } = walk;
  let outcome = before;
  for (const [index, link] of chain.entries()) {
    const step = stepOf(link, outcome);
    if (isToCome(outcome)) {
      plan.notKnown.push(...chain.slice(index).map((later) => wordsOf(stepOf(later, outcome))));
      return outcome;
    }
    const written = planning.writes.length;
    const known = outcome.changes.length;
    try {
      outcome = z.parse(Outcome, await invoke(step, { ...item, outcome }));
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      plan.failures.push({ step, error: name, message });
      return outcome;
    } finally {
      const writes = planning.writes.slice(written);
      plan.writes.push(...writes);
      const changes = outcome.changes.slice(known);
      plan.sentences.push(...sentencesOf(outcome.account?.vendorUserId ?? null, { changes, writes }));
    }
  }
  return outcome;
}

function stepOf(link: Chain[number], { status }: Outcome): string {
  if (typeof link === 'string') return link;
  return status === 'not_found' ? link.notFound : link.found;
}

/** Whether there is no account before what is planned is done. */
function isToCome({ status, account }: Outcome): boolean {
  return account === null && status === 'changed';
}
