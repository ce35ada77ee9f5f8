import { gunzipSync, gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import * as z from 'zod/mini';
import { tracesOf } from '../../functions/erasure/person.ts';
import { fateOf, type Row } from '../../functions/erasure/row-fate.ts';

const NOW = Date.parse('2026-11-01T00:00:00Z');
const address = 'ann.lee@co.example';
const traces = tracesOf({ employeeIds: ['E-7'], addresses: [address], names: ['Ann Lee'], runs: [] });
const fate = (row: Row) => fateOf(row, traces, NOW);
const worker = (employeeId: string, managerEmail: string) =>
  JSON.stringify({ known: { employeeId, facts: { managerEmail } }, outbox: [] });

it.each<Row>([
  { pk: 'EMPLOYEE#E-7', sk: 'PROFILE', email: address },
  { pk: 'EMPLOYEE#E-7', sk: 'RUN#2026#x' },
  { pk: 'ADDRESS#hash', sk: 'E-7', employeeId: 'E-7' },
  { pk: 'GRAPH#drift', sk: 'E-7' },
  { pk: 'ROSTER#drift', sk: 'E-7' },
  { pk: 'HOLD#run', sk: 'offboarding', employeeId: 'E-7' },
  { pk: 'RUN#ALL#2026-01', sk: 'x', employeeId: 'E-7' },
  { pk: 'RUN#FOLLOWUP#2026-01', sk: 'x', employeeId: 'E-7' },
  { pk: 'FINDING#run', sk: 'x', employeeId: 'E-7' },
  { pk: 'COMPLIANCE#drata', sk: '12', employeeId: null, email: 'Ann.Lee@co.example' },
  { pk: 'WORKER#bamboohr', sk: '12', row: worker('E-7', '') },
])('$pk $sk goes', (row) => {
  expect(fate(row)).toBe('goes');
});

it.each<Row>([
  { pk: 'EMPLOYEE#E-7', sk: 'ORDER', version: 1 },
  { pk: 'EMPLOYEE#E-7', sk: 'EVENT#hash' },
  { pk: 'EMPLOYEE#E-7', sk: 'ERASED', leftAt: '2026' },
  { pk: 'EMPLOYEE#E-7', sk: 'ERASING', person: { addresses: [address] } },
  { pk: 'ACCOUNT#drift#7', sk: 'OWNER', employeeId: 'E-7' },
  { pk: 'EMPLOYEE#E-70', sk: 'PROFILE', email: 'joann.lee@co.example' },
  { pk: 'GATE#offboarding', sk: 'COUNT', admissions: [{ employeeId: 'E-7', at: NOW - 1 }] },
])('$pk $sk stays', (row) => {
  expect(fate(row)).toBe('stays');
});

it.each<[Row, Record<string, unknown>]>([
  [
    { pk: 'EMPLOYEE#E-8', sk: 'PROFILE', managerEmail: address, email: 'bob@co.example' },
    { managerEmail: 'forgotten@erased.invalid' },
  ],
  [
    { pk: 'WORKER#bamboohr', sk: '13', version: 2, row: worker('E-8', address) },
    { row: worker('E-8', 'forgotten@erased.invalid') },
  ],
  [
    {
      pk: 'GATE#offboarding',
      sk: 'COUNT',
      admissions: [
        { employeeId: 'E-7', at: 1 },
        { employeeId: 'E-8', at: 1 },
      ],
    },
    { admissions: [{ employeeId: 'E-8', at: 1 }] },
  ],
  [
    {
      ...{ pk: 'EMPLOYEE#E-7', sk: 'ORDER', version: 3, news: { lastName: 'Leeson' } },
      last: { eventId: 'e', hire: '{"lastName":"Lee"}' },
      hireToGoOn: { hire: '{"lastName":"Lee"}' },
    },
    { news: {}, last: { eventId: 'e' }, hireToGoOn: null },
  ],
  [
    { pk: 'EMPLOYEE#E-8', sk: 'RUN#x', report: { apps: [{ followUps: ['Ask Ann Lee.'] }] } },
    { report: { apps: [{ followUps: ['Ask (forgotten).'] }] } },
  ],
  [
    { pk: 'GRAPH#drift', sk: 'E-8', managers: [{ employeeId: 'E-7' }, { employeeId: 'E-9' }] },
    { managers: [{ employeeId: 'E-9' }] },
  ],
])('%o names them no more', (row, becomes) => {
  expect(fate(row)).toEqual({ becomes });
});

it('what is kept compressed names them no more', () => {
  const row = (text: string): Row => ({ pk: 'EMPLOYEE#E-8', sk: 'PLAN#x', plan: gzipSync(text) });
  const { becomes } = z.parse(
    z.object({ becomes: z.object({ plan: z.instanceof(Uint8Array) }) }),
    fate(row(JSON.stringify({ newOwner: address, by: 'Ann Lee', n: 'joann.lee@co.example' }))),
  );
  expect(JSON.parse(gunzipSync(becomes.plan).toString())).toEqual({
    newOwner: 'forgotten@erased.invalid',
    by: '(forgotten)',
    n: 'joann.lee@co.example',
  });
  expect(fate(row('{"newOwner":"bob@co.example"}'))).toBe('stays');
});

it.each<Row>([
  { pk: `CONTACT#${address}`, sk: 'DRIFT', state: 'synced' },
  { pk: 'FINDING#run', sk: `drift#orphan_account#${address}#`, seen: 1 },
])('$pk $sk goes, because its key names them', (row) => {
  expect(fate(row)).toBe('goes');
});
