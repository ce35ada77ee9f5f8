import { expect, it } from 'vitest';
import * as z from 'zod/mini';
import { Worker } from '../../functions/hr/worker.ts';
import { ann, hrWorld, mara, POLICY, working } from './world.ts';

// One test for each thing that HR systems do and events of tenure do not: what no source tells (apps, the time zone,
// an address by the manager's id), and the orders in which a record may change.

const HIRED = 'employee.hired E-17 2026-04-01 pipedrive+drata';

/** A world in which Mara works and Ann was hired through tenure, and works since 1 April. */
async function withAnn() {
  const world = hrWorld();
  await world.baseline([mara()]);
  expect(await world.read(ann())).toEqual([HIRED]);
  world.at('2026-05-04T09:00:00Z');
  return world;
}
const here = (facts: Parameters<typeof ann>[0] = {}) => ann({ status: 'active', ...facts });

it('no source knows apps: they come from the policy', async () => {
  const world = hrWorld();
  await world.baseline([mara()]);
  expect(await world.read(ann({ department: 'Finance' }))).toEqual(['employee.hired E-17 2026-04-01 drata']);
});

it('a hire without an address waits, with an alarm two days before the start', async () => {
  const world = hrWorld();
  await world.baseline([mara()]);
  const first = await world.engine.takeOne(ann({ workEmail: null }), world.readAt());
  expect({ events: first.events, kinds: first.findings.map(({ kind }) => kind) }).toEqual({
    events: [],
    kinds: ['address_missing'],
  });
  world.at('2026-03-29T23:00:00Z');
  expect(await world.engine.readDue()).toEqual(['17']);
  const soon = await world.engine.takeOne(ann({ workEmail: null }), world.readAt());
  expect(soon.findings.map(({ kind }) => kind)).toEqual(['address_missing_soon']);
  expect(await world.read(ann())).toEqual([HIRED]);
});

it('no source knows time zones: they come from the location', async () => {
  const world = await withAnn();
  expect(await world.read(here({ location: 'New York', lastDay: '2026-06-30' }))).toEqual([
    'employee.terminated E-17 2026-06-30 America/New_York endOfLastWorkingDay to mara@northlight.example',
  ]);
});

it('managers are told by id, and resolved after the whole batch', async () => {
  const world = hrWorld();
  await world.baseline([mara({ sourceId: '9', employeeNumber: 'E-9', workEmail: 'old@northlight.example' })]);
  // The manager stands behind her report, and is new as well.
  await world.readAll([
    ann({ managerId: '30' }),
    mara({
      sourceId: '30',
      employeeNumber: 'E-30',
      workEmail: 'new.boss@northlight.example',
      status: 'prehire',
      startDate: '2026-04-01',
    }),
  ]);
  const hire = world.put.find(({ detail }) => JSON.stringify(detail).includes('E-17'));
  expect(hire?.detail).toMatchObject({ employee: { managerEmail: 'new.boss@northlight.example' } });
});

it('the last working day counts, and not the day of the record', async () => {
  const world = await withAnn();
  expect(await world.read(here({ lastDay: '2026-05-29', status: 'active' }))).toEqual([
    'employee.terminated E-17 2026-05-29 Europe/Berlin endOfLastWorkingDay to mara@northlight.example',
  ]);
  // Told again the same way, on the day, and after it.
  expect(await world.read(here({ lastDay: '2026-05-29' }))).toEqual([]);
  world.at('2026-06-02T09:00:00Z');
  expect(await world.read(here({ lastDay: '2026-05-29', status: 'inactive' }))).toEqual([]);
});

it('a last day that moves is told anew', async () => {
  const world = await withAnn();
  await world.read(here({ lastDay: '2026-05-29' }));
  expect(await world.read(here({ lastDay: '2026-06-15' }))).toEqual([
    'employee.terminated E-17 2026-06-15 Europe/Berlin endOfLastWorkingDay to mara@northlight.example',
  ]);
});

it('a reason of the policy shuts at once, also when it comes later than the date', async () => {
  const world = await withAnn();
  await world.read(here({ lastDay: '2026-05-29' }));
  expect(await world.read(here({ lastDay: '2026-05-29', terminationReason: 'misconduct' }))).toEqual([
    'employee.terminated E-17 2026-05-29 Europe/Berlin now to mara@northlight.example',
  ]);
});

it('inactive without any date shuts at once', async () => {
  const world = await withAnn();
  const { lastDay: _, ...unknown } = here({ status: 'inactive' });
  expect(await world.read(unknown)).toEqual([
    'employee.terminated E-17 2026-05-04 Europe/Berlin now to mara@northlight.example',
  ]);
  world.at('2026-05-09T09:00:00Z');
  expect(await world.read(unknown)).toEqual([]);
});

it('rehire under the old id', async () => {
  const world = await withAnn();
  await world.read(here({ lastDay: '2026-05-29' }));
  world.at('2026-09-01T09:00:00Z');
  expect(await world.read(here({ lastDay: '2026-05-29', status: 'inactive' }))).toEqual([]);
  expect(
    await world.read(here({ lastDay: '2026-05-29', status: 'prehire', startDate: '2026-10-01' })),
  ).toEqual(['employee.hired E-17 2026-10-01 pipedrive+drata']);
});

it('rehire under a new id that the source links to the old one', async () => {
  const world = await withAnn();
  await world.read(here({ lastDay: '2026-05-29' }));
  world.at('2026-09-01T09:00:00Z');
  expect(
    await world.read(
      ann({ sourceId: '88', employeeNumber: 'E-88', previousId: '17', startDate: '2026-10-01' }),
    ),
  ).toEqual(['employee.hired E-88 2026-10-01 pipedrive+drata was E-17']);
});

it('rehire under a new id that is linked by the employee number', async () => {
  const world = await withAnn();
  expect(
    await world.read(
      ann({ sourceId: '88', employeeNumber: 'E-88', previousId: 'E-17', startDate: '2026-10-01' }),
    ),
  ).toEqual(['employee.hired E-88 2026-10-01 pipedrive+drata was E-17']);
});

it('another employee number under the same record is the same person', async () => {
  const world = await withAnn();
  expect(await world.read(here({ employeeNumber: 'P-500' }))).toEqual([
    'employee.hired P-500 2026-04-01 pipedrive+drata was E-17',
  ]);
  expect(await world.read(here({ employeeNumber: 'P-500' }))).toEqual([]);
});

it('rename: the record is matched by its id, never by the address', async () => {
  const world = await withAnn();
  expect(await world.read(here({ lastName: 'Berg', workEmail: 'ann.berg@northlight.example' }))).toEqual([
    'employee.updated E-17 email=ann.berg@northlight.example lastName=Berg',
  ]);
  // Somebody else gets the old address.
  expect(
    await world.read(
      ann({ sourceId: '99', employeeNumber: 'E-99', firstName: 'Anna', startDate: '2026-06-01' }),
    ),
  ).toEqual(['employee.hired E-99 2026-06-01 pipedrive+drata']);
});

it('rescind before the lock-out', async () => {
  const world = await withAnn();
  await world.read(here({ lastDay: '2026-05-29' }));
  expect(await world.read(here({ lastDay: null }))).toEqual(['termination.rescinded E-17']);
  expect(await world.read(here({ lastDay: null }))).toEqual([]);
});

it('rescind after the lock-out', async () => {
  const world = await withAnn();
  await world.read(here({ lastDay: '2026-05-29' }));
  world.at('2026-06-03T09:00:00Z');
  await world.read(here({ lastDay: '2026-05-29', status: 'inactive' }));
  expect(await world.read(here({ lastDay: null, status: 'active' }))).toEqual(['termination.rescinded E-17']);
});

it('active again, while the source still shows the old last day', async () => {
  const world = await withAnn();
  await world.read(here({ lastDay: '2026-05-29' }));
  world.at('2026-06-03T09:00:00Z');
  await world.read(here({ lastDay: '2026-05-29', status: 'inactive' }));
  expect(await world.read(here({ lastDay: '2026-05-29', status: 'active' }))).toEqual([
    'termination.rescinded E-17',
  ]);
  world.at('2026-06-04T09:00:00Z');
  expect(await world.read(here({ lastDay: '2026-05-29', status: 'active' }))).toEqual([]);
});

it('active again, with a last day to come', async () => {
  const world = await withAnn();
  expect(await world.read(here({ status: 'inactive' }))).toHaveLength(1);
  // The source still says that the person is not here.
  expect(await world.read(here({ status: 'inactive', lastDay: '2026-06-30' }))).toEqual([]);
  const back = here({ lastDay: '2026-06-30' });
  expect(await world.read(back)).toEqual(['termination.rescinded E-17']);
  expect(await world.read(back)).toEqual([
    'employee.terminated E-17 2026-06-30 Europe/Berlin endOfLastWorkingDay to mara@northlight.example',
  ]);
});

it('stays for longer after the lock-out: first the accounts are back, then the new last day is told', async () => {
  const world = await withAnn();
  await world.read(here({ lastDay: '2026-05-29' }));
  world.at('2026-06-03T09:00:00Z');
  const longer = here({ lastDay: '2026-06-30', status: 'active' });
  expect(await world.read(longer)).toEqual(['termination.rescinded E-17']);
  world.at('2026-06-03T09:15:00Z');
  expect(await world.engine.readDue()).toEqual(['17']);
  expect(await world.read(longer)).toEqual([
    'employee.terminated E-17 2026-06-30 Europe/Berlin endOfLastWorkingDay to mara@northlight.example',
  ]);
});

it('a hire that is taken back before the first day', async () => {
  const world = hrWorld();
  await world.baseline([mara()]);
  await world.read(ann());
  expect(await world.read(ann({ status: 'inactive' }))).toEqual(['hire.rescinded E-17']);
  expect(await world.read(ann({ status: 'inactive' }))).toEqual([]);
});

it('a first day that moves, and a new title before it', async () => {
  const world = hrWorld();
  await world.baseline([mara()]);
  await world.read(ann());
  expect(await world.read(ann({ startDate: '2026-04-15' }))).toEqual([
    'employee.hired E-17 2026-04-15 pipedrive+drata',
  ]);
  expect(await world.read(ann({ startDate: '2026-04-15', department: 'Finance' }))).toEqual([
    'employee.hired E-17 2026-04-15 drata',
  ]);
});

it('a fixed term: the termination is told when the hire has begun', async () => {
  const world = hrWorld();
  await world.baseline([mara()]);
  const term = ann({ lastDay: '2026-06-30' });
  expect(await world.read(term)).toEqual([HIRED]);
  expect(await world.read(term)).toEqual([]);
  world.at('2026-03-30T09:00:00Z');
  expect(await world.engine.readDue()).toEqual(['17']);
  expect(await world.read(term)).toEqual([
    'employee.terminated E-17 2026-06-30 Europe/Berlin endOfLastWorkingDay to mara@northlight.example',
  ]);
});

it('whoever leaves one day gets another name, address and manager before, as everybody else', async () => {
  const world = await withAnn();
  const leaver = here({ lastDay: '2027-06-30' });
  // So far ahead that nothing is told of it yet.
  expect(await world.read(leaver)).toEqual([]);
  expect(await world.read({ ...leaver, title: 'Lead' })).toEqual(['employee.updated E-17 title=Lead']);
  const soon = { ...leaver, lastDay: '2026-05-29', lastName: 'Berg' };
  const told = [
    'employee.terminated E-17 2026-05-29 Europe/Berlin endOfLastWorkingDay to mara@northlight.example',
    'employee.updated E-17 lastName=Berg title=Account Executive',
  ];
  expect([...(await world.read(soon)), ...(await world.read(soon)), ...(await world.read(soon))]).toEqual(
    told,
  );
  world.at('2026-06-03T09:00:00Z');
  expect(await world.read({ ...soon, lastName: 'Lee' })).toEqual([]);
});

it('a hire that is withdrawn by a last day before the first one', async () => {
  const world = hrWorld();
  await world.baseline([mara()]);
  await world.read(ann());
  const withdrawn = ann({ lastDay: '2026-03-20' });
  expect(await world.read(withdrawn)).toEqual(['hire.rescinded E-17']);
  expect(await world.read(withdrawn)).toEqual([]);
  expect(await world.read(ann({ lastDay: '2026-03-20', startDate: '2026-05-04' }))).toEqual([
    'employee.hired E-17 2026-05-04 pipedrive+drata',
  ]);
});

it('a last day that moves before the first one of somebody who leaves shuts them, and may be taken back', async () => {
  const world = await withAnn();
  await world.read(here({ lastDay: '2026-05-29' }));
  expect(await world.read(here({ lastDay: '2026-03-31' }))).toEqual([
    'employee.terminated E-17 2026-03-31 Europe/Berlin now to mara@northlight.example',
  ]);
  expect(await world.read(here({ lastDay: '2026-03-31' }))).toEqual([]);
  expect(await world.read(here())).toEqual(['termination.rescinded E-17']);
});

it('a rehire after a break takes the place of no termination that waits', async () => {
  const world = await withAnn();
  await world.read(here({ lastDay: '2026-05-29' }));
  const back = here({ lastDay: '2026-05-29', startDate: '2026-07-01' });
  expect(await world.read(back)).toEqual([]);
  world.at('2026-05-30T09:00:00Z');
  expect(await world.engine.readDue()).toEqual(['17']);
  expect(await world.read(back)).toEqual(['employee.hired E-17 2026-07-01 pipedrive+drata']);
});

it('who goes on without a break is not shut between', async () => {
  const world = await withAnn();
  await world.read(here({ lastDay: '2026-05-29' }));
  expect(await world.read(here({ lastDay: '2026-05-29', startDate: '2026-05-30' }))).toEqual([
    'employee.hired E-17 2026-05-30 pipedrive+drata',
  ]);
});

it('the last day of whoever moves ends where they are by then', async () => {
  const world = await withAnn();
  await world.read(here({ lastDay: '2026-05-29' }));
  const moved = here({ lastDay: '2026-05-29', location: 'New York' });
  const ends =
    'employee.terminated E-17 2026-05-29 America/New_York endOfLastWorkingDay to mara@northlight.example';
  expect(await world.read(moved)).toEqual([ends]);
  expect(await world.read(moved)).not.toContain(ends);
});

it('a reason that was wrong gives the days back that it has taken', async () => {
  const world = await withAnn();
  await world.read(here({ lastDay: '2026-05-29', terminationReason: 'Misconduct' }));
  const corrected = here({ lastDay: '2026-05-29', terminationReason: 'Own wish' });
  expect(await world.read(corrected)).toEqual(['termination.rescinded E-17']);
  expect(await world.read(corrected)).toEqual([
    'employee.terminated E-17 2026-05-29 Europe/Berlin endOfLastWorkingDay to mara@northlight.example',
  ]);
});

it('what nobody sees in an id, a name or a department makes no difference', async () => {
  const world = hrWorld();
  await world.baseline([mara()]);
  const pasted = ann({ department: 'Sal\u00ades\u200b', lastName: 'Müller\ufeff' });
  expect(await world.read(z.parse(Worker, { ...pasted, sourceId: '17\u200b' }))).toEqual([HIRED]);
  expect(await world.read(z.parse(Worker, ann({ lastName: 'Mu\u0308ller' })))).toEqual([]);
  // A letter that was lost is no new name.
  expect(z.safeParse(Worker, ann({ lastName: 'M\ufffdller' })).success).toBe(false);
});

it('a first day that moves when the accounts are there is a finding', async () => {
  const world = await withAnn();
  const taken = await world.engine.takeOne(here({ startDate: '2026-07-01' }), world.readAt());
  expect(taken).toMatchObject({ events: [], findings: [{ kind: 'start_moved', employeeId: 'E-17' }] });
});

it('whoever is back when the source is first read is shut when they leave again', async () => {
  const world = hrWorld();
  await world.baseline([mara(), working({ lastDay: '2025-04-30' })]);
  expect(await world.readAllShown([mara(), working({ lastDay: '2025-04-30' })])).toEqual([]);
  expect(await world.readAllShown([mara(), working({ lastDay: '2026-03-01' })])).toEqual([
    'employee.terminated E-17 2026-03-01 Europe/Berlin now to mara@northlight.example',
  ]);
});

it.each([
  ['of somebody who works here', {}],
  ['of somebody who leaves', { lastDay: '2026-05-29' }],
  ['of a leaver', { lastDay: '2026-03-01' }],
])('nobody gets the accounts %s because the id was used again', async (_, facts) => {
  const world = await withAnn();
  await world.read(here(facts));
  world.put.length = 0;
  const other = { firstName: 'Bo', lastName: 'Ek', workEmail: 'bo.ek@northlight.example' };
  const startDate = 'lastDay' in facts && facts.lastDay < '2026-04' ? '2026-04-02' : '2026-04-01';
  const taken = await world.engine.takeOne(here({ ...facts, ...other, startDate }), world.readAt());
  expect(taken).toMatchObject({ events: [], findings: [{ kind: 'another_person', employeeId: 'E-17' }] });
  expect(world.put).toEqual([]);
});

it('a leave ends nothing', async () => {
  const world = await withAnn();
  expect(await world.read(here({ status: 'leave' }))).toEqual([]);
});

it('a field that is missing is unknown, and clears nothing', async () => {
  const world = await withAnn();
  await world.read(here({ lastDay: '2026-05-29' }));
  expect(await world.read({ sourceId: '17' })).toEqual([]);
  expect((await world.engine.find('17'))?.worker).toMatchObject({
    lastDay: '2026-05-29',
    title: 'Account Executive',
  });
});

it('people out of scope are left alone, and shut all the same where tenure let them in', async () => {
  const world = await withAnn();
  expect(await world.read(ann({ sourceId: '5', employeeNumber: 'E-5', department: 'Board' }))).toEqual([]);
  expect(await world.read(here({ department: 'Board', lastDay: '2026-05-29' }))).toEqual([
    'employee.terminated E-17 2026-05-29 Europe/Berlin endOfLastWorkingDay to mara@northlight.example',
  ]);
});

it('the first read only sets the baseline, and the leaver after it is shut', async () => {
  const world = hrWorld();
  expect(await world.readAllShown([mara(), working()], 'baseline')).toEqual([]);
  expect(await world.readAllShown([mara(), working()])).toEqual([]);
  expect(await world.readAllShown([mara(), working({ lastDay: '2026-03-06' })])).toEqual([
    'employee.terminated E-17 2026-03-06 Europe/Berlin endOfLastWorkingDay to mara@northlight.example',
  ]);
});

it('whoever was to start when the baseline was set is hired at the moment', async () => {
  const world = hrWorld();
  await world.baseline([mara(), ann()]);
  expect(await world.readAllShown([mara(), ann()])).toEqual([]);
  world.at('2026-03-29T22:30:00Z');
  expect(await world.engine.readDue()).toEqual(['17']);
  expect(await world.readAllShown([mara(), ann()])).toEqual([HIRED]);
});

it('adopting hires those who work here, once', async () => {
  const world = hrWorld();
  await world.baseline([mara(), working()]);
  const expected = [
    'employee.hired E-1 2020-01-01 pipedrive+drata',
    'employee.hired E-17 2024-04-01 pipedrive+drata',
  ];
  expect(await world.readAllShown([mara(), working()], 'adopt')).toEqual(expected);
  expect(await world.readAllShown([mara(), working()], 'adopt')).toEqual([]);
  expect(await world.readAllShown([mara(), working({ title: 'Lead' })])).toEqual([
    'employee.updated E-17 title=Lead',
  ]);
});

it('absence is a finding, and a termination only where the policy says so and it was missing twice', async () => {
  const world = hrWorld();
  await world.baseline([mara(), working()]);
  const once = await world.readAll([mara()]);
  expect({ events: once.events, kinds: once.findings.map(({ kind }) => kind) }).toEqual({
    events: [],
    kinds: ['absent'],
  });
  await world.readAll([mara()]);
  expect(world.put).toEqual([]);

  const strict = hrWorld({ policy: { ...world.policy, leavers: { atOnce: [], absence: 'terminate' } } });
  await strict.baseline([mara(), working()]);
  expect(await strict.readAllShown([mara()])).toEqual([]);
  // Being there again in between counts.
  expect(await strict.readAllShown([mara(), working()])).toEqual([]);
  expect(await strict.readAllShown([mara()])).toEqual([]);
  expect(await strict.readAllShown([mara()])).toEqual([
    'employee.terminated E-17 2026-03-02 Europe/Berlin endOfLastWorkingDay to mara@northlight.example',
  ]);
  expect(await strict.readAllShown([mara(), working()])).toEqual(['termination.rescinded E-17']);
});

it('whose record has another id in the file is not shut for the old one', async () => {
  const world = hrWorld({ policy: { ...POLICY, leavers: { atOnce: [], absence: 'terminate' } } });
  await world.baseline([mara(), working({ sourceId: '007' })]);
  const renumbered = [mara(), working({ sourceId: '7', employeeNumber: 'E-7' })];
  for (let reads = 0; reads < 3; reads += 1) {
    const { events, findings } = await world.readAll(renumbered);
    expect(events.filter(({ type }) => type === 'employee.terminated')).toEqual([]);
    expect(findings).toMatchObject([{ kind: 'absent', note: expect.stringContaining('old id') }]);
  }
});

it('a deleted record ends nothing, but nobody starts whose record is gone', async () => {
  const world = await withAnn();
  const gone = await world.engine.takeDeleted('17', world.readAt());
  expect(gone).toMatchObject({ events: [], findings: [{ kind: 'record_deleted', employeeId: 'E-17' }] });
  await world.read(ann({ sourceId: '40', employeeNumber: 'E-40', startDate: '2026-07-01' }));
  expect(world.put.length).toBe(2);
  await world.engine.takeDeleted('40', world.readAt());
  expect(world.put.at(-1)).toMatchObject({
    type: 'hire.rescinded',
    detail: { employee: { employeeId: 'E-40' } },
  });
});

it('a plan writes nothing and puts nothing', async () => {
  const world = hrWorld();
  await world.baseline([mara()]);
  expect((await world.readAll([mara(), ann()], 'changes', true)).events.length).toBe(1);
  expect(await world.engine.find('17')).toBeNull();
  expect(world.put).toEqual([]);
});
