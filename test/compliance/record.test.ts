import { describe, expect, it } from 'vitest';
import { recordCompliance } from '../../functions/compliance/record.ts';
import { askPending } from '../../functions/drata/ask-pending.ts';
import { syncCompliance } from '../../functions/drata/sync-compliance.ts';
import type { BusEvent } from '../../functions/shared/event-bus.ts';
import type { ComplianceRow, ComplianceStore } from '../../functions/tables/compliance-store.ts';

const RECORD = {
  personnelId: 'p-1',
  employeeId: 'E-1',
  email: 'one@northlight.example',
  isActive: true,
  complianceStatus: 'PENDING',
  trainingStatus: { assigned: 2, completed: 1 },
};

function sinks() {
  const rows = new Map<string, ComplianceRow>();
  const events: BusEvent[] = [];
  const failing = { bus: false, store: false };
  let time = Date.UTC(2026, 0, 5);
  const store: ComplianceStore = {
    find: async (ids) => new Map([...rows].filter(([id]) => ids.includes(id))),
    write: async (some) => {
      if (failing.store) throw new Error('The table is busy.');
      for (const row of some) rows.set(row.personnelId, row);
    },
    readAll: async function* () {
      yield* rows.values();
    },
  };
  const bus = {
    putEvents: async (some: readonly BusEvent[]) => {
      if (failing.bus) throw new Error('The bus is busy.');
      events.push(...some);
    },
  };
  return { store, bus, now: () => time, rows, events, failing, pass: (ms: number) => (time += ms) };
}

it('keeps since when a status is what it is', async () => {
  const all = sinks();
  await recordCompliance(all, [RECORD], all.now());
  all.pass(60_000);
  await recordCompliance(all, [{ ...RECORD, trainingStatus: { completed: 1, assigned: 2 } }], all.now());
  expect(all.rows.get('p-1')).toMatchObject({
    since: '2026-01-05T00:00:00.000Z',
    seenAt: '2026-01-05T00:01:00.000Z',
  });
  expect(all.events).toHaveLength(1);
  all.pass(60_000);
  await recordCompliance(all, [{ ...RECORD, complianceStatus: 'COMPLIANT' }], all.now());
  expect(all.rows.get('p-1')).toMatchObject({ since: '2026-01-05T00:02:00.000Z' });
  expect(all.events).toHaveLength(2);
});

it('takes a training status in another order for the same, however deep, and another value for a change', async () => {
  const all = sinks();
  const withDue = (due: Record<string, number | boolean>) => ({
    ...RECORD,
    trainingStatus: { courses: [{ due }], assigned: 1 },
  });
  await recordCompliance(all, [withDue({ days: 3, soon: true })], all.now());
  await recordCompliance(all, [withDue({ soon: true, days: 3 })], all.now());
  expect(all.events).toHaveLength(1);
  await recordCompliance(all, [withDue({ soon: true, days: 2 })], all.now());
  expect(all.events).toHaveLength(2);
});

it.each(['bus', 'store'] as const)(
  'loses no change when the %s fails: it comes again the next time',
  async (part) => {
    const all = sinks();
    all.failing[part] = true;
    await expect(recordCompliance(all, [RECORD], all.now())).rejects.toThrow('is busy');
    all.failing[part] = false;
    all.events.length = 0;
    await recordCompliance(all, [RECORD], all.now());
    expect(all.events).toHaveLength(1);
    expect(all.rows.size).toBe(1);
  },
);

it('gives its place back when its time is over, and never before a page is done', async () => {
  const all = sinks();
  const listCompliance = async (position: string | null) => {
    all.pass(1_000);
    const page = Number(position ?? 1);
    return { records: [{ ...RECORD, personnelId: `p-${page}` }], next: String(page + 1) };
  };
  const walk = await syncCompliance(
    { listCompliance },
    all,
    { status: 'more', position: null, pages: 0 },
    2_500,
  );
  expect(walk).toEqual({ status: 'more', position: '4', pages: 3 });
  expect(await syncCompliance({ listCompliance }, all, walk, 0)).toMatchObject({ position: '5', pages: 4 });
});

it('lets no sync that was held up take back what a later one has recorded', async () => {
  const all = sinks();
  const heldUp = async () => {
    all.pass(60_000);
    await recordCompliance(all, [{ ...RECORD, complianceStatus: 'COMPLIANT' }], all.now());
    all.pass(60_000);
    return { records: [{ ...RECORD, complianceStatus: 'PENDING' }], next: null };
  };
  await syncCompliance({ listCompliance: heldUp }, all, { status: 'more', position: null, pages: 0 });
  expect(all.rows.get('p-1')?.complianceStatus).toBe('COMPLIANT');
  expect(all.events).toHaveLength(1);
});

it('ends by itself when the pages never do', async () => {
  const walk = { status: 'more' as const, position: '10001', pages: 10_000 };
  const listCompliance = async () => ({ records: [], next: 'again' });
  await expect(syncCompliance({ listCompliance }, sinks(), walk)).rejects.toThrow(/10000/);
});

describe('asking about those who are pending', () => {
  const IDS = ['p-1', 'p-2', 'p-3'];

  async function pendingPeople() {
    const all = sinks();
    await recordCompliance(
      all,
      IDS.map((personnelId) => ({ ...RECORD, personnelId })),
      all.now(),
    );
    all.pass(300_000);
    return all;
  }

  it('asks about everybody in turn where there are more than one round asks about', async () => {
    const all = await pendingPeople();
    const asked: string[] = [];
    const readCompliance = async (personnelId: string) => {
      asked.push(personnelId);
      all.pass(1_000);
      return { ...RECORD, personnelId };
    };
    for (let round = 0; round < 3; round += 1) await askPending({ readCompliance }, all, 2);
    expect(asked).toEqual(['p-1', 'p-2', 'p-3', 'p-1', 'p-2', 'p-3']);
  });

  it('leaves the rest to the next round before its Lambda runs out of time', async () => {
    const all = await pendingPeople();
    const begin = all.now();
    const readCompliance = async (personnelId: string) => {
      // A limit held it up.
      all.pass(59_000);
      return { ...RECORD, personnelId };
    };
    await askPending({ readCompliance }, all);
    expect(all.now() - begin).toBe(2 * 59_000);
  });
});
