import { afterEach, describe, expect, it } from 'vitest';
import { bambooHr } from '../../functions/bamboohr/adapter.ts';
import { hibob } from '../../functions/hibob/adapter.ts';
import type { Adapter } from '../../functions/hr/adapter.ts';
import { pollSource, readAgain } from '../../functions/hr/poll-source.ts';
import { basicAuthorization, sourceHttp } from '../../functions/hr/source-http.ts';
import type { HrSource } from '../../functions/shared/hr-sources.ts';
import { startBambooHr } from '../../local/hr-systems/bamboohr.ts';
import { startHibob } from '../../local/hr-systems/hibob.ts';
import type { HrPerson } from '../../local/hr-systems/people.ts';
import { hrWorld, shown } from './world.ts';

const close: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const server of close.splice(0)) await server();
});

const person = (id: string, facts: Partial<HrPerson> = {}): HrPerson => ({
  ...{ id, number: `E-${id}`, firstName: 'Ann', lastName: `No${id}`, workEmail: `p${id}@northlight.example` },
  ...{ title: 'AE', department: 'Sales', location: 'Berlin', type: 'Full-Time', managerId: '1' },
  ...{ startDate: '2024-01-01', lastDay: null, ...facts },
});

async function start(source: 'bamboohr' | 'hibob') {
  let now = Date.parse('2026-03-02T09:00:00Z');
  const clock = () => now;
  const waits: number[] = [];
  const system = source === 'bamboohr' ? await startBambooHr(clock) : await startHibob(clock);
  close.push(system.close);
  const secret: Record<string, string> = JSON.parse(system.secret);
  const http = sourceHttp({
    source,
    baseUrl: async () => system.url,
    authorization: async () =>
      'apiKey' in secret
        ? basicAuthorization(secret.apiKey ?? '', 'x')
        : basicAuthorization(secret.serviceUserId ?? '', secret.token ?? ''),
    sleep: async (ms) => {
      waits.push(ms);
    },
  });
  const adapter: Adapter = source === 'bamboohr' ? bambooHr({ http, now: clock }) : hibob({ http });
  const world = hrWorld({ source: source satisfies HrSource });
  const polled = { source, adapter, engine: world.engine, store: world.store, now: clock } as const;
  const at = (instant: string) => {
    now = Date.parse(instant);
    world.at(instant);
  };
  system.records.seed(person('1', { managerId: null, firstName: 'Mara' }));
  for (let id = 2; id <= 12; id += 1) system.records.seed(person(String(id)));
  return {
    ...{ system, adapter, world, polled, waits, at },
    poll: () => pollSource(polled),
    /** What has been put on the bus since the last call, in short. */
    told: () => shown({ events: world.put.splice(0), findings: [] }),
  };
}

describe.each(['bamboohr', 'hibob'] as const)('%s', (source) => {
  it('the first poll only sets the baseline; a hire, a change and a leaver follow', async () => {
    const { system, poll, told, at } = await start(source);
    expect(await poll()).toMatchObject({ mode: 'baseline', people: 12, events: 0 });
    at('2026-03-03T10:00:00Z');
    expect(await poll()).toMatchObject({ mode: 'full', events: 0 });
    system.records.hire(person('50', { startDate: '2026-03-04' }));
    at('2026-03-04T11:00:00Z');
    await poll();
    expect(told()).toEqual(['employee.hired E-50 2026-03-04 pipedrive+drata']);
    system.records.change('50', { title: 'Lead' });
    at('2026-03-05T12:00:00Z');
    await poll();
    expect(told()).toEqual(['employee.updated E-50 title=Lead']);
    system.records.change('50', { lastDay: '2026-03-31' }, '2026-04-01');
    at('2026-03-06T13:00:00Z');
    await poll();
    // The future last day is seen, though no webhook has told of it.
    expect(told()).toEqual([
      'employee.terminated E-50 2026-03-31 Europe/Berlin endOfLastWorkingDay to p1@northlight.example',
    ]);
    expect(system.takeWebhooks().length).toBeGreaterThan(0);
  });

  it('a termination that is taken back tells nobody, and the record shows it when it is read again', async () => {
    const { system, poll, told, at, polled } = await start(source);
    await poll();
    system.records.change('5', { lastDay: '2026-03-31' }, '2026-04-01');
    at('2026-03-03T10:00:00Z');
    await poll();
    expect(told()).toHaveLength(1);
    system.takeWebhooks();
    system.records.rescind('5');
    expect(system.takeWebhooks()).toEqual([]);
    await readAgain(polled, '5');
    expect(told()).toEqual(['termination.rescinded E-5']);
  });

  it('a title that is to come is not told before its day', async () => {
    const { system, poll, told, at } = await start(source);
    await poll();
    system.records.hire(person('50', { startDate: '2026-03-02' }));
    at('2026-03-03T10:00:00Z');
    await poll();
    told();
    system.records.change('50', { title: 'Head' }, '2026-05-01');
    at('2026-03-04T10:00:00Z');
    await poll();
    expect(told()).toEqual([]);
    at('2026-05-01T10:00:00Z');
    await poll();
    expect(told()).toEqual(['employee.updated E-50 title=Head']);
  });

  it('fields that permissions hide are unknown, are named, and end nothing', async () => {
    const { system, adapter, poll, told, at } = await start(source);
    await poll();
    system.records.change('5', { lastDay: '2026-03-31' }, '2026-04-01');
    at('2026-03-03T10:00:00Z');
    await poll();
    told();
    const names =
      source === 'bamboohr'
        ? ['terminationDate', 'department', 'status']
        : ['internal.terminationDate', 'work.department', 'internal.status', 'internal.lifecycleStatus'];
    system.hide(...names);
    const record = await adapter.read('5');
    expect(record?.hidden).toEqual(expect.arrayContaining(names));
    at('2026-03-04T11:00:00Z');
    // Without these two no leaver is seen, which is no success.
    await expect(poll()).rejects.toThrow(/no leaver is seen/);
    expect(told()).toEqual([]);
  });

  it('somebody whose record is gone is a finding', async () => {
    const { system, poll, told, polled } = await start(source);
    await poll();
    system.records.remove('5');
    expect((await readAgain(polled, '5')).findings).toMatchObject([
      { kind: 'record_deleted', employeeId: 'E-5' },
    ]);
    expect(told()).toEqual([]);
  });

  it('an answer that cannot be everybody is refused, and nothing is done', async () => {
    const { system, poll, told, at } = await start(source);
    await poll();
    for (const id of ['2', '3', '4']) system.records.remove(id);
    at('2026-03-03T10:00:00Z');
    await expect(poll()).rejects.toThrow(/cannot be everybody/);
    expect(told()).toEqual([]);
  });

  it('an employee of whom nothing is known is read and decided, once the baseline is set', async () => {
    const { system, poll, told, polled } = await start(source);
    system.records.hire(person('70', { startDate: '2026-03-20' }));
    expect((await readAgain(polled, '70')).events).toEqual([]);
    await poll();
    told();
    system.records.hire(person('71', { startDate: '2026-03-20' }));
    await readAgain(polled, '71');
    expect(told()).toEqual(['employee.hired E-71 2026-03-20 pipedrive+drata']);
  });
});

it('BambooHR is polled for what has changed, and a refusal for its rate limit is waited for', async () => {
  const { system, poll, told, at, waits } = await start('bamboohr');
  await poll();
  at('2026-03-02T09:15:00Z');
  if ('refuseNext' in system && typeof system.refuseNext === 'function') system.refuseNext(1);
  system.records.hire(person('50', { startDate: '2026-03-04' }));
  expect(await poll()).toEqual({ mode: 'changes', people: 1, events: 1 });
  expect({ waits, told: told() }).toEqual({
    waits: [1_000],
    told: ['employee.hired E-50 2026-03-04 pipedrive+drata'],
  });
  at('2026-03-02T09:30:00Z');
  await poll();
  expect(told()).toEqual([]);
});

it('wrong credentials are refused with what to do', async () => {
  const system = await startHibob();
  close.push(system.close);
  const http = sourceHttp({
    source: 'hibob',
    baseUrl: async () => system.url,
    authorization: async () => 'Basic eA==',
  });
  await expect(hibob({ http }).read('1')).rejects.toThrow(
    /hibob read a person answered HTTP 401\. Check the secret/,
  );
});
