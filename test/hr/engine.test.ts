import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { HrDraft } from '../../functions/hr/differences.ts';
import type { Worker } from '../../functions/hr/worker.ts';
import { memoryWorkerStore } from '../../local/hr-systems/memory-worker-store.ts';
import { ann, hrWorld, mara } from './world.ts';

const idOf = ({ detail }: HrDraft) => JSON.parse(JSON.stringify(detail)).record.difference;

it('a crash between the write and the bus loses nothing, and the same difference keeps its id', async () => {
  const store = memoryWorkerStore();
  const put: HrDraft[] = [];
  let isDown = true;
  const world = hrWorld({
    store,
    bus: async (events) => {
      if (isDown) throw new Error('down');
      put.push(...events);
    },
  });
  await world.baseline([mara()]);
  await expect(world.read(ann())).rejects.toThrow('down');
  expect(await world.engine.readDue()).toEqual(['17']);
  isDown = false;
  await world.read(ann());
  await world.read(ann());
  expect(put.map(({ type }) => type)).toEqual(['employee.hired']);
});

it('a reader who was overtaken puts nothing, and an older read says nothing', async () => {
  const world = hrWorld();
  await world.baseline([mara()]);
  await world.read(ann());
  world.at('2026-05-04T09:00:00Z');
  await world.read(ann({ status: 'active', title: 'New' }));
  const taken = await world.engine.takeOne(
    ann({ status: 'active', title: 'Old' }),
    '2026-05-04T08:59:00.000Z',
  );
  expect(taken.events).toEqual([]);
  expect((await world.engine.find('17'))?.worker.title).toBe('New');
});

it('two readers at once tell a difference once', async () => {
  const world = hrWorld();
  await world.baseline([mara()]);
  await Promise.all([1, 2, 3, 4].map(() => world.engine.takeOne(ann(), world.readAt())));
  expect(new Set(world.put.map(idOf)).size).toBe(1);
});

it('an address is given up before somebody else gets it, whatever the order of the records', async () => {
  const world = hrWorld();
  const start = { startDate: '2026-03-02', status: 'active' } as const;
  const other = (id: string, facts: Partial<Worker>) =>
    ann({
      ...start,
      sourceId: id,
      employeeNumber: `E-${id}`,
      workEmail: `p${id}@northlight.example`,
      ...facts,
    });
  await world.baseline([mara()]);
  await world.readAll([mara(), other('2', {}), other('3', {}), other('4', {})]);
  world.put.length = 0;
  const moved = [
    other('2', { workEmail: 'p3@northlight.example' }),
    other('5', { workEmail: 'p2@northlight.example' }),
    other('3', { workEmail: 'p4@northlight.example' }),
    other('4', { workEmail: 'new@northlight.example' }),
  ];
  expect(await world.readAllShown([mara(), ...moved])).toEqual([
    'employee.updated E-4 email=new@northlight.example',
    'employee.updated E-3 email=p4@northlight.example',
    'employee.updated E-2 email=p3@northlight.example',
    'employee.hired E-5 2026-03-02 pipedrive+drata',
  ]);
  expect(world.put).toHaveLength(4);
});

type Step = { days: number; facts: Partial<Worker>; isLost: boolean; isDoubled: boolean };
const day = fc
  .integer({ min: 0, max: 500 })
  .map((days) => new Date(Date.UTC(2026, 0, 1) + days * 86_400_000).toISOString().slice(0, 10));
const step: fc.Arbitrary<Step> = fc.record({
  days: fc.integer({ min: 0, max: 60 }),
  facts: fc.record(
    {
      status: fc.constantFrom('prehire', 'active', 'leave', 'inactive'),
      startDate: day,
      lastDay: fc.option(day),
      title: fc.constantFrom('A', 'B'),
      department: fc.constantFrom('Sales', 'Finance', 'Board'),
      workEmail: fc.option(fc.constantFrom('a@northlight.example', 'b@northlight.example')),
      employeeNumber: fc.constantFrom('E-1', 'E-2'),
      terminationReason: fc.constantFrom('Misconduct', 'Own wish'),
    },
    { requiredKeys: [] },
  ),
  isLost: fc.boolean(),
  isDoubled: fc.boolean(),
});

it('whatever a record goes through: doubled reads change nothing, and every id is new', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const world = hrWorld();
      await world.baseline([mara({ sourceId: '1', employeeNumber: 'M-1' })]);
      let now = Date.parse('2026-01-05T09:00:00Z');
      let record = ann();
      for (const { days, facts, isLost, isDoubled } of steps) {
        now += days * 86_400_000;
        world.at(new Date(now).toISOString());
        record = { ...record, ...facts };
        if (isLost) continue;
        await world.read(record);
        const before = world.put.length;
        // What is told in two steps is told by the second look; after that a look finds nothing.
        if (isDoubled) for (let looks = 0; looks < 4; looks += 1) await world.read(record);
        if (isDoubled) {
          const settled = world.put.length;
          expect(settled - before).toBeLessThanOrEqual(2);
          await world.read(record);
          expect(world.put.length).toBe(settled);
        }
      }
      const ids = world.put.map(idOf);
      expect(new Set(ids).size).toBe(ids.length);
    }),
    { numRuns: 60 },
  );
});

it('whatever was lost on the way: the accounts end where the record is', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 10 }), async (steps) => {
      const world = hrWorld();
      await world.baseline([mara({ sourceId: '1', employeeNumber: 'M-1' })]);
      let now = Date.parse('2026-01-05T09:00:00Z');
      let record = ann();
      for (const { days, facts, isLost } of steps) {
        now += days * 86_400_000;
        world.at(new Date(now).toISOString());
        record = { ...record, ...facts };
        if (!isLost) await world.read(record);
      }
      const last: Worker = {
        ...record,
        status: 'inactive',
        lastDay: '2027-06-01',
        startDate: '2026-04-01',
        workEmail: 'a@northlight.example',
      };
      world.at('2027-06-02T12:00:00Z');
      for (let looks = 0; looks < 4; looks += 1) await world.read(last);
      // Nobody who has left is left with an account: the last word is a termination, or nothing was ever opened.
      const word = world.put
        .map(({ type }) => type)
        .filter((type) => type !== 'employee.updated')
        .at(-1);
      expect([undefined, 'employee.terminated', 'hire.rescinded']).toContain(word);
    }),
    { numRuns: 100 },
  );
});

it('nobody is hired under an employee id that somebody of another source works under', async () => {
  const store = memoryWorkerStore();
  const hibob = hrWorld({ store, source: 'hibob' });
  await hibob.baseline([mara({ employeeNumber: 'E-17' })]);
  const roster = hrWorld({ store, source: 'roster' });
  await roster.baseline([mara({ sourceId: '2' })]);
  for (const take of [
    () => roster.engine.takeOne(ann(), roster.readAt()),
    () => roster.readAll([mara({ sourceId: '2' }), ann()]),
  ]) {
    const { events, findings } = await take();
    expect(events).toEqual([]);
    expect(findings).toMatchObject([{ kind: 'employee_id_elsewhere', employeeId: 'E-17', sourceId: '17' }]);
  }
  expect(await roster.read(ann({ employeeNumber: 'E-18' }))).toHaveLength(1);
});

it('an employee id of somebody who has left another source is free', async () => {
  const store = memoryWorkerStore();
  const hibob = hrWorld({ store, source: 'hibob' });
  await hibob.baseline([mara({ employeeNumber: 'E-17' })]);
  await hibob.read(mara({ employeeNumber: 'E-17', lastDay: '2026-03-01', status: 'inactive' }));
  const roster = hrWorld({ store, source: 'roster' });
  expect(await roster.read(ann())).toHaveLength(1);
});

it('nobody is given the number of somebody of another source', async () => {
  const store = memoryWorkerStore();
  await hrWorld({ store, source: 'hibob' }).baseline([mara({ employeeNumber: 'E-18' })]);
  const roster = hrWorld({ store, source: 'roster' });
  expect(await roster.read(ann())).toHaveLength(1);
  roster.at('2026-05-04T09:00:00Z');
  const taken = await roster.engine.takeOne(
    ann({ employeeNumber: 'E-18', status: 'active' }),
    roster.readAt(),
  );
  expect(taken.events).toEqual([]);
  expect(taken.findings).toMatchObject([{ kind: 'employee_id_elsewhere', employeeId: 'E-18' }]);
});
