import type { Origin } from '../shared/origin.ts';
import { isOlder, type Position } from '../shared/position.ts';
import type { Workflow } from '../shared/workflow.ts';
import {
  type AcceptedEvent,
  type EventRow,
  type InterruptedHire,
  laneOf,
  type Order,
  type OrderStore,
  type RunRef,
} from '../tables/order-store.ts';
import { freshNews, type News, positionsOf } from './news.ts';

/** An event that has arrived, and the run that it asks for. */
export type Arrival = {
  employeeId: string;
  /** Null where the sender gave none: a repeat is known by its content then, as long as its run is not over. */
  eventId: string | null;
  /** Null where nobody said when it happened: it is the last then. */
  position: Position | null;
  origin: Origin;
  /** Stands for the content of what is asked for. */
  request: string;
  workflow: Workflow;
  /** What the event takes back; null where it is a hire, a termination or a change of facts. */
  rescinds: AcceptedEvent['rescinds'];
  /** What a change of facts says. */
  news?: News | undefined;
  /** What a hire asks for, as JSON; undefined for anything else. */
  hire?: string | undefined;
  /** The id that the person had before, of a hire that names one. */
  previousEmployeeId?: string | undefined;
  /** Throws when no new run may be started for it, such as for a moment that cannot be. */
  assertStartable: () => void;
  /** The run's name, made from the event's id. */
  nameRun: (eventId: string) => string;
};

export type Accepted =
  /** The run is the current one. The one before it has not begun to act, and is to be stopped. */
  | { status: 'accepted'; run: RunRef; eventId: string; replaces: RunRef | null }
  /** The event came before. `by` is what has taken its place since then; null where it is still the last. */
  | { status: 'repeated'; run: RunRef; event: EventRow; by: string | null }
  /** A later event was accepted before, or the employee has another id now. */
  | { status: 'superseded'; run: RunRef; by: string };

/** More others were faster, one after the other, than ever should be. */
export class OrderContendedError extends Error {
  override readonly name = 'OrderContendedError';

  constructor(employeeId: string) {
    super(
      `So many events about employee ${employeeId} arrive at once that none can be put in order. It is tried again.`,
    );
  }
}

const MOST_TRIES = 20;

/** What only others know. */
type Asked = {
  /** Whether a run waits or runs. */
  isOpen: (run: RunRef) => Promise<boolean>;
  /** Whether a rescinded hire would shut nothing. */
  hasOpenedNothing: () => Promise<boolean>;
  /** Whether a run has come to its end, and has said so. */
  hasEnded: (run: RunRef) => Promise<boolean>;
  /** Gives an id to an event that has none. */
  newId: () => string;
  /** In epoch milliseconds. */
  now: () => number;
};

/**
 * Puts an event into its employee's order: it is accepted when none that is accepted happened after it.
 *
 * @throws OrderContendedError; what `assertStartable` throws; the store's errors; what the functions of `Asked` throw.
 */
export async function acceptEvent(
  store: OrderStore,
  arrival: Arrival,
  { isOpen, hasOpenedNothing, hasEnded, newId, now }: Asked,
): Promise<Accepted> {
  const { employeeId, workflow } = arrival;
  const lane = laneOf(workflow);
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const order = await store.read(employeeId);
    const before = await findRepeat(store, arrival, order, { isOpen, now });
    if (before !== null) return before;
    arrival.assertStartable();
    const eventId = arrival.eventId ?? newId();
    const run = { workflow, name: arrival.nameRun(eventId) };
    const event = acceptedEvent(arrival, eventId, run, now());
    const position = placeOf(arrival.position, order, now());
    const news = freshNews(arrival.news ?? {}, order, position);
    const by = supersederOf(order, position) ?? staleUpdate(order, arrival, news);
    if (by !== null) {
      await store.writeEvent(employeeId, { ...event, status: 'superseded', supersededBy: by });
      return { status: 'superseded', run, by };
    }
    const standing = await standingRun(arrival, order, { isOpen, hasOpenedNothing });
    if (standing !== null) {
      // The rescind has its place: what happened before it is late from now on.
      if (!(await store.replace(employeeId, order, { ...order, last: { ...standing, position } }))) continue;
      await store.writeEvent(employeeId, { ...event, status: 'superseded', supersededBy: standing.run.name });
      return { status: 'superseded', run, by: standing.run.name };
    }
    const { request, rescinds, hire } = arrival;
    const asked = hire === undefined ? { request, rescinds } : { request, rescinds, hire };
    const last = { eventId, position: laterOf(position, order[lane]?.position), run, ...asked };
    const takesOver = withPrevious(order.takesOver, arrival.previousEmployeeId);
    const hireToGoOn = await interruptedHireAfter(arrival, order, run, (event) =>
      isUnfinished(store, employeeId, event, hasEnded),
    );
    const wanted = {
      ...{ ...order, [lane]: last, takesOver, hireToGoOn },
      news: { ...order.news, ...news },
      newsAt: { ...order.newsAt, ...positionsOf(news, position) },
    };
    if (!(await store.replace(employeeId, order, wanted))) continue;
    await store.writeEvent(employeeId, event);
    return { status: 'accepted', run, eventId, replaces: waitingRun(order, workflow) };
  }
  throw new OrderContendedError(employeeId);
}

/**
 * What waits for its moment and stays, because a rescind has nothing to do with it: a hire where a termination is taken
 * back, and a termination where a hire is that has opened nothing.
 */
async function standingRun(
  { rescinds }: Arrival,
  { last, active }: Order,
  { isOpen, hasOpenedNothing }: Pick<Asked, 'isOpen' | 'hasOpenedNothing'>,
): Promise<AcceptedEvent | null> {
  if (rescinds === null || last === null || last.rescinds !== null) return null;
  const isOther = last.run.workflow === (rescinds === 'termination' ? 'onboarding' : 'offboarding');
  if (!isOther || last.run.name === active?.name || !(await isOpen(last.run))) return null;
  return rescinds === 'termination' || (await hasOpenedNothing()) ? last : null;
}

/** The hire that is to go on if the terminations since then are taken back. */
async function interruptedHireAfter(
  { workflow, rescinds }: Arrival,
  { last, hireToGoOn }: Order,
  run: RunRef,
  isOpenStill: (event: AcceptedEvent) => Promise<boolean>,
): Promise<InterruptedHire | null> {
  if (workflow === 'update') return hireToGoOn;
  // From now on it is this run that carries the hire out.
  if (rescinds === 'termination') return hireToGoOn === null ? null : { ...hireToGoOn, run };
  if (workflow === 'onboarding' || rescinds === 'hire') return null;
  if (last?.run.workflow !== 'onboarding') return hireToGoOn;
  const hire = last.rescinds === null ? last.hire : hireToGoOn?.hire;
  if (hire === undefined || !(await isOpenStill(last))) return null;
  return { run: last.run, hire };
}

/** Whether what an event asks for waits, runs, was cut off or was not begun, and no person has stopped it. */
async function isUnfinished(
  store: OrderStore,
  employeeId: string,
  { eventId, run }: AcceptedEvent,
  hasEnded: Asked['hasEnded'],
): Promise<boolean> {
  const event = await store.findEvent(employeeId, eventId);
  return event?.status !== 'stopped' && !(await hasEnded(run));
}

function withPrevious(ids: readonly string[], id: string | undefined): string[] {
  return id === undefined ? [...ids] : [...new Set([...ids, id])];
}

async function findRepeat(
  store: OrderStore,
  arrival: Arrival,
  order: Order,
  { isOpen, now }: { isOpen: (run: RunRef) => Promise<boolean>; now: () => number },
): Promise<Accepted | null> {
  const { employeeId, eventId, request, workflow } = arrival;
  const last = order[laneOf(workflow)];
  // Without an id only what is under way can be told from a new request.
  const isSame = eventId === null && last?.request === request && (await isOpen(last.run));
  const id = isSame ? last.eventId : eventId;
  if (id === null) return null;
  const event = await store.findEvent(employeeId, id);
  // It was accepted, and the process ended before it could note what became of it.
  if (event === null && last?.eventId === id) return acceptAgain(store, arrival, last, now);
  if (event === null) return null;
  if (event.status === 'superseded')
    return { status: 'superseded', run: event.run, by: event.supersededBy ?? '' };
  return { status: 'repeated', run: event.run, event, by: successorOf(order, workflow, id) };
}

/** What has taken the place of an event that was accepted; null where nothing has. */
function successorOf(order: Order, workflow: Workflow, eventId: string): string | null {
  const last = order[laneOf(workflow)];
  if (last === null || last.eventId !== eventId) return order.movedTo ?? last?.run.name ?? null;
  return supersederOf(order, last.position);
}

async function acceptAgain(
  store: OrderStore,
  arrival: Arrival,
  { eventId, run }: AcceptedEvent,
  now: () => number,
): Promise<Accepted> {
  await store.writeEvent(arrival.employeeId, acceptedEvent(arrival, eventId, run, now()));
  return { status: 'accepted', run, eventId, replaces: null };
}

function acceptedEvent({ origin }: Arrival, eventId: string, run: RunRef, now: number): EventRow {
  const arrivedAt = new Date(now).toISOString();
  return { eventId, run, attempts: 1, status: 'accepted', supersededBy: null, arrivedAt, origin };
}

/** Where nobody said when it happened, it happens now, after everything else. */
function placeOf(position: Position | null, { last, update }: Order, now: number): Position {
  if (position !== null) return position;
  const before = [last, update].flatMap((event) => (event === null ? [] : [event.position]));
  const times = before.map(({ time }) => Date.parse(time));
  const sequences = before.flatMap(({ sequence }) => (sequence === null ? [] : [sequence]));
  return {
    sequence: sequences.length === 0 ? null : Math.max(...sequences),
    time: new Date(Math.max(now, ...times)).toISOString(),
  };
}

/** What took an event's place: a later hire or termination, or another employee id. */
function supersederOf({ last, movedTo }: Order, position: Position): string | null {
  if (movedTo !== null) return movedTo;
  return last !== null && isOlder(position, last.position) ? last.run.name : null;
}

/** The change that took a change's place: one of which all facts have been changed since. */
function staleUpdate({ update }: Order, { workflow, news = {} }: Arrival, fresh: News): string | null {
  const isStale = workflow === 'update' && Object.keys(news).length > 0 && Object.keys(fresh).length === 0;
  return isStale ? (update?.run.name ?? null) : null;
}

// A change that arrives late, of other facts, does not make the one before it look old.
function laterOf(position: Position, before: Position | undefined): Position {
  return before !== undefined && isOlder(position, before) ? before : position;
}

/** The run before this one, where it is not acting: it never will, once another is current. */
function waitingRun(order: Order, workflow: Workflow): RunRef | null {
  const before = order[laneOf(workflow)];
  return before === null || before.run.name === order.active?.name ? null : before.run;
}
