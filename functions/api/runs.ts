import {
  DescribeExecutionCommand,
  type DescribeExecutionOutput,
  ExecutionDoesNotExist,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import * as z from 'zod/mini';
import { lambdaMessage } from '../runs/app-result.ts';
import { disarm } from '../runs/disarm.ts';
import type { RunRequest, StartedRun } from '../runs/start-run.ts';
import { executionArn, type StateMachines } from '../runs/state-machines.ts';
import type { TakeoverSources } from '../runs/takeover.ts';
import { APPS, type App } from '../shared/apps.ts';
import { TerminatedDetail } from '../shared/events.ts';
import type { Report } from '../shared/report.ts';
import { WORKFLOWS, type Workflow } from '../shared/workflow.ts';
import type { DiagnosisStore } from '../tables/diagnosis-store.ts';
import type { GraphStore } from '../tables/graph-store.ts';
import type { HoldRow, HoldStore } from '../tables/hold-store.ts';
import type { IdentityStore, RunRow } from '../tables/identity-store.ts';
import type { RosterStore } from '../tables/roster-store.ts';
import type { FindingSources } from './findings.ts';
import { appProgress, type History, readHistory } from './history.ts';
import type { Plans } from './plans.ts';
import { RequestError } from './problem.ts';
import { EmployeeId, type Run, type RunStatus, type RunSummary } from './schemas.ts';

/** Where the API gets its facts from. */
export type Sources = TakeoverSources &
  FindingSources & {
    roster: RosterStore;
    graph: GraphStore;
    holds: HoldStore;
    plans: Plans;
    diagnoses: DiagnosisStore;
  };

/**
 * The run of this name, of either workflow; null when there is none. A manual execution has a name of its own and
 * is found by it too.
 *
 * @throws the SDK's errors.
 */
export async function readRun(sources: Sources, name: string): Promise<Run | null> {
  const execution = await findExecution(sources.machines, name);
  if (execution === null) return readRecordedRun(sources, name);
  return runOf(sources, execution, await readHistory(sources.machines.client, execution.arn));
}

/** A run that Step Functions does not know: it was superseded before it was started, or is forgotten by now. */
async function readRecordedRun(sources: Sources, name: string): Promise<Run | null> {
  if (!isRunName(name)) return null;
  const row = await sources.store.findRun(name);
  if (row === null) return null;
  const { workflow, employeeId, startedAt, report, warning } = row;
  const hold = await sources.holds.read({ workflow, name });
  return {
    name,
    workflow,
    employeeId,
    status: await statusOfRow(sources, row),
    startedAt,
    endedAt: null,
    ...originFacts(row, report),
    held: hold === null ? null : heldFacts(hold),
    apps: [],
    warning,
    report,
    error: null,
  };
}

/** A run of which Step Functions knows nothing, or not yet: it was started just now, or is forgotten by now. */
export function newRun(
  { workflow, detail, origin }: RunRequest,
  { name, startedAt, status }: StartedRun,
): Run {
  const { apps } = z.parse(WantedApps, detail);
  const isOpen = status === 'started' || status === 'running';
  return {
    name,
    workflow,
    employeeId: detail.employee.employeeId,
    status: STATUS_OF_NEW[status],
    startedAt,
    endedAt: isOpen ? null : startedAt,
    origin,
    held: null,
    dueAt: null,
    lastLoginShutAt: null,
    apps: isOpen ? apps.map(({ app }) => ({ app, status: 'pending', steps: [] })) : [],
    warning: null,
    report: null,
    error: null,
  };
}

const STATUS_OF_NEW: Record<StartedRun['status'], RunStatus> = {
  started: 'running',
  running: 'running',
  succeeded: 'complete',
  superseded: 'superseded',
  stopped: 'stopped',
};

const WantedApps = z.object({ apps: z._default(z.array(z.object({ app: z.enum(APPS) })), []) });

/**
 * Stops a run that has not begun to change anything.
 *
 * @throws RequestError 404 when there is no such run; 409 when it has begun or is over; the SDK's errors.
 */
export async function stopRun(sources: Sources, name: string): Promise<Run> {
  const { machines } = sources;
  const execution = await findExecution(machines, name);
  if (execution === null) throw unknownRun(name);
  if (!isOpen(execution)) throw new RequestError(409, `The run ${name} is over; there is nothing to stop.`);
  if ((await heldNow(sources, execution)) !== null)
    throw new RequestError(409, `The run ${name} is held. Reject it with POST /runs/${name}/reject.`);
  const before = await readHistory(machines.client, execution.arn);
  if (before.hasBegun)
    throw new RequestError(409, `The run ${name} has begun its steps; it is safer to let it finish.`);

  const stopped = { error: 'StoppedByRequest', cause: 'Stopped through the API before its moment.' };
  const { stopDate } = await machines.client.send(
    new StopExecutionCommand({ executionArn: execution.arn, ...stopped }),
  );
  // Step Functions cannot stop on a condition, so the moment may have come since the first look.
  const after = await readHistory(machines.client, execution.arn);
  if (after.hasBegun)
    throw new RequestError(
      409,
      `The run ${name} was stopped, but its steps had just begun. Send the request that started it again to finish them.`,
    );
  const { employeeId } = readInput(execution);
  if (employeeId !== null) await disarm(sources.order, employeeId, name);
  return runOf(
    sources,
    { ...execution, ...stopped, status: 'ABORTED', endedAt: isoInstant(stopDate) },
    after,
  );
}

/** What a list says of a run. @throws the SDK's errors */
export async function summaryOf(sources: Sources, employeeId: string, row: RunRow): Promise<RunSummary> {
  return {
    name: row.execution,
    workflow: row.workflow,
    employeeId,
    status: await statusOfRow(sources, row),
    startedAt: row.startedAt,
    ...originFacts(row, row.report),
    warning: row.warning,
    report: row.report,
  };
}

export function unknownRun(name: string): RequestError {
  return new RequestError(404, `There is no run ${JSON.stringify(name)}. GET /runs lists all.`);
}

/** What a held run has done so far is its report, until it goes on. */
async function statusOfRow(sources: Sources, row: RunRow): Promise<RunStatus> {
  if (row.report !== null && row.report.status !== 'held') return row.report.status;
  return openStatus(sources, row);
}

async function openStatus(sources: Sources, row: RunRow): Promise<RunStatus> {
  const { machines } = sources;
  const execution = await describeExecution(machines, row.workflow, row.execution);
  if (execution === null || !isRecordOf(row, execution)) return 'stopped';
  if (!isOpen(execution)) return runStatus(execution, null, false);
  if ((await heldNow(sources, execution)) !== null) return 'held';
  return runStatus(execution, null, (await readHistory(machines.client, execution.arn)).isWaiting);
}

type Execution = {
  arn: string;
  workflow: Workflow;
  name: string;
  status: DescribeExecutionOutput['status'];
  startedAt: string;
  endedAt: string | null;
  /** What the execution was started with, as JSON. */
  input: string;
  error: string | undefined;
  cause: string | undefined;
};

// https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
const ExecutionName = z.string().check(z.regex(/^[^\s\p{C}<>{}[\]?*"#%\\^|~`$&,;:/]{1,80}$/u));

/** Whether a run can have this name. */
export function isRunName(name: string): boolean {
  return z.safeParse(ExecutionName, name).success;
}

async function findExecution(machines: StateMachines, name: string): Promise<Execution | null> {
  if (!isRunName(name)) return null;
  for (const workflow of likelyFirst(name)) {
    const execution = await describeExecution(machines, workflow, name);
    if (execution !== null) return execution;
  }
  return null;
}

/** A run's name begins with its workflow; that of a manual execution tells nothing. */
function likelyFirst(name: string): Workflow[] {
  const isNamed = (workflow: Workflow) => name.startsWith(workflow);
  return WORKFLOWS.toSorted((one, other) => Number(isNamed(other)) - Number(isNamed(one)));
}

async function describeExecution(
  machines: StateMachines,
  workflow: Workflow,
  name: string,
): Promise<Execution | null> {
  const arn = executionArn(machines, workflow, name);
  try {
    const { status, startDate, stopDate, input, error, cause } = await machines.client.send(
      new DescribeExecutionCommand({ executionArn: arn }),
    );
    const endedAt = stopDate === undefined ? null : isoInstant(stopDate);
    const startedAt = isoInstant(startDate);
    return { arn, workflow, name, status, startedAt, endedAt, input: input ?? '', error, cause };
  } catch (error) {
    if (error instanceof ExecutionDoesNotExist) return null;
    throw error;
  }
}

/** Why an execution waits for a person; null where it does not. */
async function heldNow(
  { holds }: Sources,
  { workflow, name }: Pick<Execution, 'workflow' | 'name'>,
): Promise<HoldRow | null> {
  const row = await holds.read({ workflow, name });
  return row?.status === 'held' ? row : null;
}

async function runOf(sources: Sources, execution: Execution, history: History): Promise<Run> {
  const { workflow, name, startedAt, endedAt } = execution;
  const { employeeId, apps } = readInput(execution);
  const isOver = !isOpen(execution);
  const row = employeeId === null ? null : await readRow(sources.store, employeeId, execution);
  const hold = await sources.holds.read({ workflow, name });
  const isHeld = !isOver && hold?.status === 'held';
  const report = isOver || isHeld ? (row?.report ?? null) : null;
  return {
    name,
    workflow,
    employeeId,
    status: isHeld ? 'held' : runStatus(execution, report, history.isWaiting),
    startedAt,
    endedAt,
    ...originFacts(row, report),
    held: hold === null ? null : heldFacts(hold),
    apps: apps.map((app) => appProgress(app, history, { isOver, trying: row?.trying[app] })),
    warning: row?.warning ?? null,
    report,
    error: report === null ? failureOf(execution) : null,
  };
}

/** Why a run is or was held, and what was decided; without the token. */
function heldFacts({ reasons, since, until, decisions }: HoldRow): NonNullable<Run['held']> {
  return { reasons, since, until, decisions };
}

/** What a run's row and report tell of its beginning, and of the end of the last login. */
function originFacts(row: RunRow | null, report: Report | null) {
  return {
    origin: row?.origin ?? null,
    dueAt: row?.dueAt ?? null,
    lastLoginShutAt: report?.lastLoginShutAt ?? null,
  };
}

async function readRow(
  store: IdentityStore,
  employeeId: string,
  execution: Execution,
): Promise<RunRow | null> {
  const runs = await store.readRuns(employeeId);
  // The newest, because a laptop forgets executions with its process, and may run one again within that second.
  return runs.findLast((row) => isRecordOf(row, execution)) ?? null;
}

/** Names come again once Step Functions has forgotten them, so the beginning has to be the same too. */
function isRecordOf(row: RunRow, { workflow, name, startedAt }: Execution): boolean {
  const apartMs = Math.abs(Date.parse(row.startedAt) - Date.parse(startedAt));
  return row.workflow === workflow && row.execution === name && apartMs < 1000;
}

const RunInput = z.object({ employee: z.object({ employeeId: EmployeeId }), ...WantedApps.shape });

function readInput({ workflow, input }: Execution): { employeeId: string | null; apps: App[] } {
  const detail = z.safeParse(
    workflow === 'offboarding' ? OffboardingInput : RunInput,
    JSON.parse(input || 'null'),
  );
  // A manual execution takes anything; the first state refuses it.
  if (!detail.success) return { employeeId: null, apps: [] };
  return { employeeId: detail.data.employee.employeeId, apps: detail.data.apps.map(({ app }) => app) };
}

// Without apps, an offboarding is about all of them, but for one that only takes a hire back.
const OffboardingInput = z.union([z.extend(RunInput, { rescinds: z.literal('hire') }), TerminatedDetail]);

function isOpen({ status }: Execution): boolean {
  return status === 'RUNNING' || status === 'PENDING_REDRIVE';
}

function runStatus(execution: Execution, report: Report | null, isWaiting: boolean): RunStatus {
  if (isOpen(execution)) return isWaiting ? 'waiting' : 'running';
  if (report?.status === 'superseded') return 'superseded';
  if (execution.status === 'ABORTED') return 'stopped';
  return report?.status ?? (execution.status === 'SUCCEEDED' ? 'complete' : 'failed');
}

function failureOf({ status, error, cause = '' }: Execution): Run['error'] {
  if (error === undefined) return null;
  if (status === 'ABORTED') return { name: error, message: cause };
  // An error of Step Functions itself quotes the data it stumbled over.
  const message = lambdaMessage(cause) ?? 'Look at the execution in the Step Functions console.';
  return { name: error, message };
}

function isoInstant(date: Date | undefined): string {
  return z.parse(z.date(), date).toISOString();
}
