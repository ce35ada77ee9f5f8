import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Accepted, type Arrival, acceptEvent } from '../../functions/runs/accept.ts';
import { assertTurn, endTurn, takeTurn } from '../../functions/runs/turn.ts';
import { startedByHand } from '../../functions/shared/origin.ts';
import { positionOf } from '../../functions/shared/position.ts';
import type { Workflow } from '../../functions/shared/workflow.ts';
import type { OrderStore, RunRef } from '../../functions/tables/order-store.ts';
import { memoryOrderStore } from './memory-order-store.ts';

const ID = 'E-1';
const NOW = Date.parse('2026-11-29T12:00:00Z');

let store: OrderStore;
let open: Set<string>;
let ended: Set<string>;
let ids: number;

beforeEach(() => {
  store = memoryOrderStore();
  open = new Set();
  ended = new Set();
  ids = 0;
});

const isOpen = async ({ name }: RunRef) => open.has(name);
const newId = () => {
  ids += 1;
  return `request-${ids}`;
};

type Given = {
  eventId?: string | null;
  at?: string | null;
  sequence?: number;
  request?: string;
  workflow?: Workflow;
  rescinds?: Arrival['rescinds'];
  news?: Arrival['news'];
  hire?: string;
};

function accept(given: Given = {}, over = store): Promise<Accepted> {
  const { eventId = null, at = null, sequence, request = 'leave', workflow = 'offboarding' } = given;
  const { rescinds = null, news, hire } = given;
  const arrival: Arrival = {
    employeeId: ID,
    eventId,
    position: at === null ? null : positionOf({ time: at, sequence }, NOW),
    origin: startedByHand('run-1', '2026-11-01T00:00:00Z'),
    request,
    workflow,
    rescinds,
    news,
    hire,
    assertStartable: () => {},
    nameRun: (id) => `${workflow}-${id}`,
  };
  return acceptEvent(over, arrival, {
    ...{ isOpen, hasOpenedNothing: async () => true, newId, now: () => NOW },
    hasEnded: async ({ name }) => ended.has(name),
  });
}

describe('an event', () => {
  it('is accepted when it is the first', async () => {
    expect(await accept({ eventId: 'e1', at: '2026-11-01T00:00:00Z' })).toEqual({
      status: 'accepted',
      eventId: 'e1',
      run: { workflow: 'offboarding', name: 'offboarding-e1' },
      replaces: null,
    });
  });

  it('is a repeat when its id came before, also long after and with a later one in between', async () => {
    await accept({ eventId: 'e1', at: '2026-11-01T00:00:00Z' });
    await accept({ eventId: 'e2', at: '2026-11-02T00:00:00Z' });
    expect(await accept({ eventId: 'e1', at: '2026-11-01T00:00:00Z' })).toMatchObject({
      status: 'repeated',
      run: { name: 'offboarding-e1' },
      by: 'offboarding-e2',
    });
  });

  it('is superseded by one that happened later, in whatever order they arrive', async () => {
    await accept({ eventId: 'e2', at: '2026-11-02T00:00:00Z' });
    const late = { eventId: 'e1', at: '2026-11-01T00:00:00Z' };
    const superseded = { status: 'superseded', run: { name: 'offboarding-e1' }, by: 'offboarding-e2' };
    expect(await accept(late)).toMatchObject(superseded);
    expect(await accept(late)).toMatchObject(superseded);
  });

  it('is superseded by one that happened a microsecond later', async () => {
    await accept({ eventId: 'e2', at: '2026-11-01T00:00:00.123457Z' });
    const late = await accept({ eventId: 'e1', at: '2026-11-01T01:00:00.123456+01:00' });
    const next = await accept({ eventId: 'e3', at: '2026-11-01T00:00:00.1234571Z' });
    expect([late.status, next.status]).toEqual(['superseded', 'accepted']);
  });

  it('goes by the sequence of the HR system where both have one', async () => {
    await accept({ eventId: 'e2', at: '2026-11-01T00:00:00Z', sequence: 7 });
    const lower = await accept({ eventId: 'e1', at: '2026-11-05T00:00:00Z', sequence: 6 });
    const higher = await accept({ eventId: 'e3', at: '2026-10-01T00:00:00Z', sequence: 8 });
    expect(lower.status).toBe('superseded');
    expect(higher.status).toBe('accepted');
  });

  it.each([
    ['the earlier one has a sequence', { sequence: 7 }, {}],
    ['the later one has a sequence', {}, { sequence: 1 }],
  ])('goes by the time where only %s', async (_, one, other) => {
    await accept({ eventId: 'e1', at: '2026-11-02T00:00:00Z', ...one });
    const late = await accept({ eventId: 'e2', at: '2026-11-01T00:00:00Z', ...other });
    const next = await accept({ eventId: 'e3', at: '2026-11-03T00:00:00Z', ...other });
    expect([late.status, next.status]).toEqual(['superseded', 'accepted']);
  });

  it('counts after another of the same time or sequence when it arrives after it', async () => {
    for (const eventId of ['e1', 'e2'])
      expect(await accept({ eventId, at: '2026-11-01T00:00:00Z' })).toMatchObject({ status: 'accepted' });
    for (const eventId of ['e3', 'e4'])
      expect(await accept({ eventId, at: '2026-11-02T00:00:00Z', sequence: 4 })).toMatchObject({
        status: 'accepted',
      });
    expect(await accept({ eventId: 'e3', at: '2026-11-02T00:00:00Z', sequence: 4 })).toMatchObject({
      ...{ status: 'repeated', by: 'offboarding-e4' },
    });
  });

  it('replaces the run of the one before, unless that acts already', async () => {
    await accept({ eventId: 'e1', at: '2026-11-01T00:00:00Z' });
    const second = await accept({ eventId: 'e2', at: '2026-11-02T00:00:00Z' });
    expect(second).toMatchObject({ replaces: { name: 'offboarding-e1' } });
    await takeTurn(store, ID, second.run, isOpen);
    expect(await accept({ eventId: 'e3', at: '2026-11-03T00:00:00Z' })).toMatchObject({ replaces: null });
  });

  it('with a time that is not here yet does not make every later one look old', async () => {
    await accept({ eventId: 'e1', at: '2036-01-01T00:00:00Z' });
    expect(await accept({ eventId: 'e2', at: '2026-11-29T12:00:00Z' })).toMatchObject({ status: 'accepted' });
  });

  it('is accepted again when the process ended before it could note what became of it', async () => {
    const forgetful: OrderStore = {
      ...store,
      writeEvent: async () => {
        throw new Error('the process ended');
      },
    };
    const event = { eventId: 'e1', at: '2026-11-01T00:00:00Z' };
    await expect(accept(event, forgetful)).rejects.toThrow('the process ended');
    expect(await accept(event)).toMatchObject({ status: 'accepted', run: { name: 'offboarding-e1' } });
    expect(await accept(event)).toMatchObject({ status: 'repeated', by: null });
  });

  it('is superseded for an employee whose id was given up', async () => {
    const order = await store.read(ID);
    await store.replace(ID, order, { ...order, movedTo: 'E-2' });
    expect(await accept({ eventId: 'e1', at: '2026-11-28T00:00:00Z' })).toMatchObject({ by: 'E-2' });
  });
});

describe('a change of facts', () => {
  const hired = { eventId: 'e1', at: '2026-11-01T00:00:00Z', workflow: 'onboarding' } as const;
  const update = { workflow: 'update', request: 'married', news: { lastName: 'Lind' } } as const;

  it('replaces no hire and no termination that waits, and both have their turn', async () => {
    const hire = await accept(hired);
    const change = await accept({ ...update, eventId: 'u1', at: '2026-11-02T00:00:00Z' });
    expect(change).toMatchObject({ status: 'accepted', replaces: null });
    expect(await takeTurn(store, ID, hire.run, isOpen)).toEqual({ status: 'current' });
    await endTurn(store, ID, hire.run);
    expect(await takeTurn(store, ID, change.run, isOpen)).toEqual({ status: 'current' });
  });

  it('is superseded by a later one, and by a hire or a termination that happened later', async () => {
    const first = await accept({ ...update, eventId: 'u1', at: '2026-11-01T00:00:00Z' });
    expect(await accept({ ...update, eventId: 'u3', at: '2026-11-03T00:00:00Z' })).toMatchObject({
      replaces: first.run,
    });
    expect(await accept({ ...update, eventId: 'u2', at: '2026-11-02T00:00:00Z' })).toMatchObject({
      by: 'update-u3',
    });
    await accept({ eventId: 'e4', at: '2026-11-04T00:00:00Z' });
    expect(await accept({ ...update, eventId: 'u5', at: '2026-11-03T12:00:00Z' })).toMatchObject({
      by: 'offboarding-e4',
    });
  });

  it('is news as far as nothing later was said of the same fact, and brings what the one before has not', async () => {
    const at = (day: number) => `2026-11-0${day}T00:00:00Z`;
    await accept({ ...update, eventId: 'u3', at: at(3) });
    const late = { ...update, eventId: 'u2', at: at(2), news: { lastName: 'Old', title: 'Lead' } };
    expect(await accept(late)).toMatchObject({ status: 'accepted', replaces: { name: 'update-u3' } });
    expect((await store.read(ID)).news).toEqual({ lastName: 'Lind', title: 'Lead' });
    expect(await accept({ ...update, eventId: 'u1', at: at(1) })).toMatchObject({ by: 'update-u2' });
  });

  it('is not the last any more once a later hire was accepted, so a repeat brings nothing old back', async () => {
    const change = { ...update, eventId: 'u1', at: '2026-10-31T00:00:00Z' };
    await accept(change);
    expect(await accept(change)).toMatchObject({ status: 'repeated', by: null });
    await accept(hired);
    expect(await accept(change)).toMatchObject({ status: 'repeated', by: 'onboarding-e1' });
  });

  it('makes no hire that comes after it look old', async () => {
    await accept({ ...update, eventId: 'u1', at: '2026-11-02T00:00:00Z' });
    expect(await accept(hired)).toMatchObject({ status: 'accepted' });
  });
});

describe('a request without an id', () => {
  it('is a repeat while the same one is under way, and a new one afterwards', async () => {
    const first = await accept();
    open.add(first.run.name);
    expect(await accept()).toMatchObject({ status: 'repeated', run: first.run });
    expect(await accept({ request: 'leave tomorrow' })).toMatchObject({ status: 'accepted' });
    open.clear();
    expect(await accept({ request: 'leave tomorrow' })).toMatchObject({ status: 'accepted' });
  });

  it('is the last, even if an event is a little ahead of the clock', async () => {
    await accept({ eventId: 'e1', at: '2026-11-29T12:04:00Z', sequence: 3 });
    expect(await accept()).toMatchObject({ status: 'accepted' });
    expect(await accept({ eventId: 'e2', at: '2026-11-29T12:04:30Z', sequence: 4 })).toMatchObject({
      status: 'accepted',
    });
  });
});

describe('a turn', () => {
  it('is taken by the current run, and by no other until it ends', async () => {
    const first = await accept({ eventId: 'e1', at: '2026-11-01T00:00:00Z' });
    open.add(first.run.name);
    expect(await takeTurn(store, ID, first.run, isOpen)).toEqual({ status: 'current' });
    expect(await takeTurn(store, ID, first.run, isOpen)).toEqual({ status: 'current' });
    const second = await accept({ eventId: 'e2', at: '2026-11-02T00:00:00Z' });
    await expect(takeTurn(store, ID, second.run, isOpen)).rejects.toThrow('The run offboarding-e1');
    await endTurn(store, ID, first.run);
    expect(await takeTurn(store, ID, second.run, isOpen)).toEqual({ status: 'current' });
  });

  it('is not given to a run that is not current any more', async () => {
    const first = await accept({ eventId: 'e1', at: '2026-11-01T00:00:00Z' });
    await accept({ eventId: 'e2', at: '2026-11-02T00:00:00Z' });
    expect(await takeTurn(store, ID, first.run, isOpen)).toEqual({
      status: 'superseded',
      by: 'offboarding-e2',
    });
  });

  it('is lost by a run that broke off', async () => {
    const first = await accept({ eventId: 'e1', at: '2026-11-01T00:00:00Z' });
    await takeTurn(store, ID, first.run, isOpen);
    const second = await accept({ eventId: 'e2', at: '2026-11-02T00:00:00Z' });
    expect(await takeTurn(store, ID, second.run, isOpen)).toEqual({ status: 'current' });
  });
});

it('ends with the latest event, whatever the order in which events arrive, side by side', async () => {
  const Events = fc.uniqueArray(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(Events, fc.scheduler(), async (minutes, scheduler) => {
      const shared = memoryOrderStore();
      const slow: OrderStore = {
        read: (...words) => scheduler.schedule(shared.read(...words)),
        replace: (...words) => scheduler.schedule(Promise.resolve()).then(() => shared.replace(...words)),
        findEvent: (...words) => scheduler.schedule(shared.findEvent(...words)),
        writeEvent: (...words) =>
          scheduler.schedule(Promise.resolve()).then(() => shared.writeEvent(...words)),
      };
      const arrivals = minutes.map((minute) =>
        accept({ eventId: `e${minute}`, at: new Date(NOW - (60 - minute) * 60_000).toISOString() }, slow),
      );
      await scheduler.waitFor(Promise.all(arrivals));
      expect((await shared.read(ID)).last?.eventId).toBe(`e${Math.max(...minutes)}`);
    }),
    { seed: 11, numRuns: 200 },
  );
});

describe('a hire that a termination takes the place of', () => {
  const HIRE = '{"employee":{}}';
  const hired = (eventId = 'h1') =>
    accept({ eventId, at: '2026-11-01T00:00:00Z', workflow: 'onboarding', hire: HIRE });
  const left = (eventId = 'l1') => accept({ eventId, at: '2026-11-02T00:00:00Z' });
  const rescinded = (eventId = 'r1') =>
    accept({ eventId, at: '2026-11-03T00:00:00Z', workflow: 'onboarding', rescinds: 'termination' });
  const toGoOn = async () => (await store.read(ID)).hireToGoOn;

  it('is kept whole, while it waits, runs, was cut off or was never begun', async () => {
    await hired();
    await left();
    expect(await toGoOn()).toEqual({ run: { workflow: 'onboarding', name: 'onboarding-h1' }, hire: HIRE });
  });

  it('is kept although it acts', async () => {
    const { run } = await hired();
    open.add(run.name);
    await takeTurn(store, ID, run, isOpen);
    await left();
    expect(await toGoOn()).toMatchObject({ hire: HIRE });
  });

  it('is not kept once it has ended, or a person has stopped it', async () => {
    const { run } = await hired();
    ended.add(run.name);
    await left();
    expect(await toGoOn()).toBeNull();
  });

  it('is carried out by the run that takes the termination back, and by none after that has ended', async () => {
    await hired();
    await left();
    const { run } = await rescinded();
    expect(await toGoOn()).toEqual({ run, hire: HIRE });
    ended.add(run.name);
    await accept({ eventId: 'l2', at: '2026-11-04T00:00:00Z' });
    expect(await toGoOn()).toBeNull();
  });

  it('is forgotten when it is rescinded itself', async () => {
    await hired();
    await left();
    await accept({ eventId: 'hr', at: '2026-11-03T00:00:00Z', rescinds: 'hire' });
    expect(await toGoOn()).toBeNull();
  });
});

describe('a run that a redrive goes on with', () => {
  const first = { workflow: 'offboarding', name: 'offboarding-e1' } as const;

  it('goes on while it has the turn, although a later event was accepted', async () => {
    await accept({ eventId: 'e1', at: '2026-11-01T00:00:00Z' });
    await takeTurn(store, ID, first, isOpen);
    await accept({ eventId: 'e2', at: '2026-11-02T00:00:00Z' });
    await expect(assertTurn(store, ID, first)).resolves.toBeUndefined();
  });

  it('goes on where nothing was accepted since, and is refused where something was', async () => {
    await accept({ eventId: 'e1', at: '2026-11-01T00:00:00Z' });
    await takeTurn(store, ID, first, isOpen);
    await endTurn(store, ID, first);
    await expect(assertTurn(store, ID, first)).resolves.toBeUndefined();
    await accept({ eventId: 'e2', at: '2026-11-02T00:00:00Z', workflow: 'onboarding', request: 'hire' });
    await expect(assertTurn(store, ID, first)).rejects.toThrow('onboarding-e2 was asked for since');
  });

  it('is refused where the employee has another id by now', async () => {
    await accept({ eventId: 'e1', at: '2026-11-01T00:00:00Z' });
    const seen = await store.read(ID);
    await store.replace(ID, seen, { ...seen, movedTo: 'E-2' });
    await expect(assertTurn(store, ID, first)).rejects.toThrow('E-2 was asked for since');
  });
});
