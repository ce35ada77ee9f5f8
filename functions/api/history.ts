import { type HistoryEvent, paginateGetExecutionHistory, type SFNClient } from '@aws-sdk/client-sfn';
import { APPS, type App } from '../shared/apps.ts';
import type { Trying } from '../shared/trying.ts';
import type { AppProgress, StepProgress } from './schemas.ts';

/** What an execution's history tells about its progress. */
export type History = {
  /** It has reached the wait for its moment, which is not over. */
  isWaiting: boolean;
  /** The moment has come: from here on steps may change something in an app. */
  hasBegun: boolean;
  /** The steps in the apps since then, in the order in which they began. */
  steps: readonly StepProgress[];
};

// An execution has at most 25,000 events, which is 25 of these pages:
// https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
const PAGE_SIZE = 1000;
const MAX_PAGES = 25;

/** Reads an execution's history without the data in it. @throws the SDK's errors */
export async function readHistory(client: SFNClient, executionArn: string): Promise<History> {
  const pages = paginateGetExecutionHistory(
    { client, pageSize: PAGE_SIZE },
    { executionArn, includeExecutionData: false },
  );
  const events: HistoryEvent[] = [];
  let pageCount = 0;
  for await (const page of pages) {
    events.push(...(page.events ?? []));
    pageCount += 1;
    if (pageCount === MAX_PAGES) break;
  }
  return historyOf(events);
}

/**
 * How far an app has come.
 *
 * @param run.isOver whether the run has ended, so that nothing goes on any more.
 * @param run.trying how a login that could not be shut is tried further, where one is.
 */
export function appProgress(
  app: App,
  { steps }: History,
  { isOver, trying }: { isOver: boolean; trying?: Trying | undefined },
): AppProgress {
  const ofApp = steps
    .filter(({ step }) => appOf(step) === app)
    .map((step) => (isOver && isGoingOn(step) ? { ...step, status: 'failed' as const } : step));
  if (isOver || trying === undefined) return { app, status: statusOf(ofApp), steps: ofApp };
  const { since, next, attempts, reason } = trying;
  return { app, status: 'trying', since, next, attempts, reason, steps: ofApp };
}

function historyOf(events: readonly HistoryEvent[]): History {
  const states = new Map<number, string>();
  const steps = new Map<string, StepProgress>();
  let isWaiting = false;
  let hasBegun = false;
  for (const event of events) {
    const state = stateOf(event, states);
    if (event.id !== undefined && state !== undefined) states.set(event.id, state);
    if (state === MOMENT && event.type === 'WaitStateEntered') isWaiting = true;
    if (state === MOMENT && event.type === 'WaitStateExited') {
      isWaiting = false;
      hasBegun = true;
    }
    if (!hasBegun || state === undefined) continue;
    const name = state.replace(/Again$/, '');
    const step = afterEvent(event, name, steps.get(name));
    if (step !== undefined) steps.set(name, step);
  }
  return { isWaiting, hasBegun, steps: [...steps.values()] };
}

// Later on a run may wait to try something again.
const MOMENT = 'WaitForMoment';

/** Which state an event belongs to. Only its first and last event say so; the others point back at the one before. */
function stateOf(event: HistoryEvent, states: ReadonlyMap<number, string>): string | undefined {
  const { stateEnteredEventDetails, stateExitedEventDetails, previousEventId } = event;
  return stateEnteredEventDetails?.name ?? stateExitedEventDetails?.name ?? states.get(previousEventId ?? 0);
}

function afterEvent(
  { type }: HistoryEvent,
  step: string,
  before: StepProgress | undefined,
): StepProgress | undefined {
  if (type === 'TaskStateEntered') return { step, status: 'running', attempts: before?.attempts ?? 0 };
  if (before === undefined) return undefined;
  switch (type) {
    case 'TaskScheduled':
      return { ...before, status: 'running', attempts: before.attempts + 1 };
    case 'TaskFailed':
    case 'TaskTimedOut':
    case 'TaskStartFailed':
    case 'TaskSubmitFailed':
      return { ...before, status: 'retrying' };
    case 'TaskStateExited':
      return { ...before, status: before.status === 'retrying' ? 'failed' : 'done' };
    default:
      return undefined;
  }
}

function isGoingOn({ status }: StepProgress): boolean {
  return status === 'running' || status === 'retrying';
}

function statusOf(steps: readonly StepProgress[]): AppProgress['status'] {
  if (steps.length === 0) return 'pending';
  if (steps.some(({ status }) => status === 'failed')) return 'failed';
  return steps.some(isGoingOn) ? 'running' : 'done';
}

function appOf(step: string): App | undefined {
  // The longest that fits, because Driftwood begins with Drift.
  const fitting = APPS.filter((app) => step.toLowerCase().startsWith(app));
  return fitting.sort((a, b) => b.length - a.length)[0];
}
