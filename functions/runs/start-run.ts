import { createHash, randomUUID } from 'node:crypto';
import { ExecutionAlreadyExists } from '@aws-sdk/client-sfn';
import * as z from 'zod/mini';
import { canonicalJson } from '../shared/canonical-json.ts';
import type { Origin } from '../shared/origin.ts';
import type { Position } from '../shared/position.ts';
import { Workflow } from '../shared/workflow.ts';
import type { IdentityStore } from '../tables/identity-store.ts';
import { type AcceptedEvent, laneOf, type OrderStore, type RunRef } from '../tables/order-store.ts';
import { type Accepted, type Arrival, acceptEvent } from './accept.ts';
import { hasEnded } from './interrupted-hire.ts';
import type { News } from './news.ts';
import { assertPrevious } from './previous-id.ts';
import { hasOpenedNothing } from './rescind.ts';
import { runName } from './run-name.ts';
import { describeRun, isOpenRun, isoInstant, type StateMachines, startExecution } from './state-machines.ts';
import { recordSuperseded, replaceRun } from './supersede.ts';

/** What a run is asked for, whoever asks. */
export type RunRequest = {
  workflow: Workflow;
  /** What the machine's first state takes. */
  detail: {
    employee: { employeeId: string };
    previousEmployeeId?: string | undefined;
    rescinds?: AcceptedEvent['rescinds'] | undefined;
    [field: string]: unknown;
  };
  /** Who asked for it, and by which event or request. */
  origin: Origin;
  /** The sender's event; an API call and a person have none, and what they ask for comes after everything else. */
  event: { id: string; position: Position | null } | null;
  /** When the event happened, where an archive has sent it again. */
  replayedFrom?: string;
  /** Throws InvalidInputError when the run could not have its moment. */
  assertStartable?: (now: Date) => void;
};

/** What a request for a run is answered with. */
export const StartedRun = z.object({
  workflow: Workflow,
  /** The execution's name. */
  name: z.string(),
  /**
   * `started` by this call; the others were found. A `superseded` one is not started, because a later event was accepted
   * before; a `stopped` one was stopped by a person.
   */
  status: z.enum(['started', 'running', 'succeeded', 'superseded', 'stopped']),
  /** When the execution started, as an ISO instant. */
  startedAt: z.string(),
});
export type StartedRun = z.infer<typeof StartedRun>;

/** The same request failed so often that starting it once more needs a person's decision. */
export class TooManyAttemptsError extends Error {
  override readonly name = 'TooManyAttemptsError';

  constructor(name: string) {
    super(
      `The run ${name} has ended without success ${MAX_ATTEMPTS} times. Look at its last execution, mend the cause, and start the next attempt in the Step Functions console.`,
    );
  }
}

const MAX_ATTEMPTS = 20;

/** What starting a run needs to know and to remember. */
export type RunSources = {
  machines: StateMachines;
  order: OrderStore;
  store: Pick<IdentityStore, 'readAccounts' | 'readProfile' | 'readRuns' | 'writeReport'>;
};

/**
 * Puts a request into its employee's order and starts its run, once. The run that it replaces is stopped where it has
 * not begun; where it has, the new run waits for its end. A repeat finds the run that it started, and starts the next
 * attempt after one that failed. A request that is older than one that was accepted is recorded, and starts nothing.
 *
 * @throws InvalidInputError when a new run would have no moment, or names a previous employee id that cannot be; TooManyAttemptsError; OrderContendedError; the SDK's errors when a service cannot be reached or refuses.
 */
export async function startRun(sources: RunSources, request: RunRequest): Promise<StartedRun> {
  const { workflow, detail } = request;
  const { employeeId } = detail.employee;
  await assertPrevious(sources, detail);
  const accepted = await acceptEvent(sources.order, arrivalOf(request), {
    isOpen: (run) => isOpenRun(sources.machines, run),
    hasOpenedNothing: () => hasOpenedNothing(sources.store, employeeId),
    hasEnded: (run) => hasEnded(sources.store, employeeId, run),
    newId: () => `request#${randomUUID()}`,
    now: Date.now,
  });
  const { run } = accepted;
  if (accepted.status === 'superseded') {
    await recordSuperseded(sources, employeeId, { run, by: accepted.by, origin: request.origin });
    return { workflow, name: run.name, status: 'superseded', startedAt: new Date().toISOString() };
  }
  if (accepted.status === 'repeated') return repeat(sources, request, accepted);
  if (accepted.replaces !== null) await replaceRun(sources, employeeId, accepted.replaces, run.name);
  return startAs(sources, request, run, accepted.eventId);
}

/** What an execution is started with: what was asked for, and which event that was. */
export const EventOfRun = z.object({
  event: z.optional(
    z.object({
      id: z.string(),
      /** When it happened, where an archive has sent it again. */
      replayedFrom: z.optional(z.string()),
    }),
  ),
});

/** Stands for what is asked for: requests with the same content have the same. */
export function digestOf({ workflow, detail }: Pick<RunRequest, 'workflow' | 'detail'>): string {
  return createHash('sha256')
    .update(`${workflow} ${canonicalJson(detail)}`)
    .digest('hex');
}

function arrivalOf({ workflow, detail, origin, event, assertStartable }: RunRequest): Arrival {
  const { employeeId } = detail.employee;
  const request = digestOf({ workflow, detail });
  return {
    employeeId,
    // An event that is sent again with another content corrects itself.
    eventId: event === null ? null : `${workflow}#${event.id}#${request}`,
    position: event === null ? null : event.position,
    origin,
    request,
    workflow,
    previousEmployeeId: detail.previousEmployeeId,
    rescinds: detail.rescinds ?? null,
    hire: workflow === 'onboarding' && detail.rescinds === undefined ? JSON.stringify(detail) : undefined,
    news: workflow === 'update' ? newsOf(detail.employee) : undefined,
    assertStartable: () => assertStartable?.(new Date()),
    nameRun: (eventId) => runName(workflow, employeeId, eventId),
  };
}

/** What a change of facts says, by field. */
export function newsOf({ employeeId, ...facts }: { employeeId: string }): News {
  return z.parse(z.record(z.string(), z.string()), facts);
}

async function repeat(
  sources: RunSources,
  request: RunRequest,
  { run, event, by }: Extract<Accepted, { status: 'repeated' }>,
): Promise<StartedRun> {
  const { workflow, detail } = request;
  const { employeeId } = detail.employee;
  const found = await findRun(sources, employeeId, run);
  const startedAt = found?.startedAt ?? event.arrivedAt;
  if (found !== null && found.status !== 'failed')
    return { workflow, name: run.name, status: found.status, startedAt };
  if (event.status === 'stopped') return { workflow, name: run.name, status: 'stopped', startedAt };
  if (by !== null) {
    await recordSuperseded(sources, employeeId, { run, by, origin: event.origin });
    return { workflow, name: run.name, status: 'superseded', startedAt };
  }
  // It was accepted, and the process ended before it could start it.
  if (found === null) return startAs(sources, request, run, event.eventId);
  const attempts = event.attempts + 1;
  if (attempts > MAX_ATTEMPTS) throw new TooManyAttemptsError(run.name);
  const firstName = runName(workflow, employeeId, event.eventId);
  const next = { workflow, name: `${firstName}-${attempts}` };
  // In this order: a run that is not the current one would be superseded by the attempt before it.
  await makeCurrent(sources.order, employeeId, event.eventId, next);
  await sources.order.writeEvent(employeeId, { ...event, run: next, attempts, origin: request.origin });
  return startAs(sources, request, next, event.eventId);
}

/** Makes another attempt the current run, unless another event is the last by now. */
async function makeCurrent(
  order: OrderStore,
  employeeId: string,
  eventId: string,
  run: RunRef,
): Promise<void> {
  const lane = laneOf(run.workflow);
  for (;;) {
    const seen = await order.read(employeeId);
    const event = seen[lane];
    if (event?.eventId !== eventId) return;
    if (await order.replace(employeeId, seen, { ...seen, [lane]: { ...event, run } })) return;
  }
}

async function startAs(
  { machines }: RunSources,
  request: RunRequest,
  { workflow, name }: RunRef,
  eventId: string,
): Promise<StartedRun> {
  // Byte for byte the same for the same request: only then does Step Functions take a repeat for one.
  const { detail, replayedFrom } = request;
  const event = { id: eventId, ...(replayedFrom === undefined ? {} : { replayedFrom }) };
  const input = canonicalJson({ ...detail, event });
  try {
    const startDate = await startExecution(machines, { workflow, name }, input);
    return { workflow, name, status: 'started', startedAt: isoInstant(startDate) };
  } catch (error) {
    // Somebody else started it, and it has ended by now.
    const run = error instanceof ExecutionAlreadyExists && (await describeRun(machines, { workflow, name }));
    if (!run) throw error;
    const status = run.status === 'failed' ? 'started' : run.status;
    return { workflow, name, status, startedAt: run.startedAt };
  }
}

type FoundRun = { status: 'running' | 'succeeded' | 'superseded' | 'failed'; startedAt: string };

/** A run as Step Functions knows it, or else as its report says; null where neither does. */
async function findRun(
  { machines, store }: RunSources,
  employeeId: string,
  run: RunRef,
): Promise<FoundRun | null> {
  const execution = await describeRun(machines, run);
  const row = (await store.readRuns(employeeId)).findLast(({ execution: name }) => name === run.name);
  const report = row?.report ?? null;
  if (execution === null && (row === undefined || report === null)) return null;
  const startedAt = execution?.startedAt ?? row?.startedAt ?? '';
  if (report?.status === 'superseded') return { status: 'superseded', startedAt };
  if (execution !== null) return { status: execution.status, startedAt };
  return { status: report?.status === 'complete' ? 'succeeded' : 'failed', startedAt };
}
