import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import * as z from 'zod/mini';
import type { App } from '../../functions/shared/apps.ts';
import { HrEvent } from '../../functions/shared/events.ts';
import { type Runtime, startRuntime } from '../../local/runtime/runtime.ts';
import { ANN, colleague, MARA, ZOE } from '../../local/vendors/company.ts';
import { stubWideLimits } from '../wide-limits.ts';

// The whole job in today's dialect of every app that has one.

const EVENTS = new URL('../../events/', import.meta.url);
let runtime: Runtime;

beforeAll(async () => {
  stubWideLimits(vi.stubEnv);
  const filesDirectory = join(tmpdir(), 'files');
  const scaled = { delayScale: 0.0001, giveUpAfterSeconds: 72 * 3600 };
  runtime = await startRuntime({ dialect: 'live', ...scaled, filesDirectory });
});
afterAll(() => runtime.close());

const sample = (file: string) => z.parse(HrEvent, JSON.parse(readFileSync(new URL(file, EVENTS), 'utf8')));
const statusesOf = (apps: readonly { app: App; status: string }[]) =>
  Object.fromEntries(apps.map(({ app, status }) => [app, status]));

it('completes every sample of a hire and of a leaver', { tags: 'slow' }, async () => {
  const files = readdirSync(EVENTS).filter((file) => /^\d.*\.json$/.test(file));
  expect(files.length).toBeGreaterThan(3);
  for (const file of files.toSorted()) {
    const report = await runtime.play(sample(file));
    expect(report.status, file).toBe('complete');
    for (const status of Object.values(statusesOf(report.apps)))
      expect(['done', 'already_done', 'invited', 'not_found'], file).toContain(status);
    const followUps = report.apps.flatMap((app) => app.followUps);
    // They are handed over, as is seen below.
    expect(
      followUps.filter((followUp) => followUp.includes('controls')),
      file,
    ).toEqual([]);
  }
  const { drata } = runtime.vendors;
  const left = drata?.state.personnel.find(({ email }) => email === ANN.email)?.id;
  const owners = drata?.state.controls.map(({ ownerId }) => ownerId);
  expect(owners).toHaveLength(2);
  expect(owners).not.toContain(left);
  const annsAccounts = Object.values(runtime.vendors).flatMap((vendor) =>
    vendor.accounts().filter(({ email }) => email === ANN.email),
  );
  expect(annsAccounts.filter(({ isOpen }) => isOpen)).toEqual([]);
  expect(runtime.vendors.drata?.journal.every(({ dialect }) => dialect === 'live')).toBe(true);
  expect(runtime.vendors.salesloft?.journal.every(({ dialect }) => dialect === 'live')).toBe(true);
});

it('completes an update of somebody who was hired', async () => {
  const hire = sample('1-zoe-is-hired.json');
  await runtime.play(hire);
  const { employeeId, email } = ZOE;
  const employee = { employeeId, email, title: 'Head of Sales' };
  const news = { id: 'news', time: new Date().toISOString(), source: 'hr' };
  const event = { ...hire, ...news, 'detail-type': 'employee.updated', detail: { employee } };
  const report = await runtime.play(z.parse(HrEvent, event));
  expect(report.status).toBe('complete');
});

it('hands over what an unknown leaver owned who is gone from Drift before that was confirmed', async () => {
  const { drift } = runtime.vendors;
  if (drift === undefined) throw new Error('There is no Drift.');
  const { employeeId, email } = colleague(7);
  const agentOf = (address: string) =>
    drift.state.agents.find((agent) => agent.email.toLowerCase() === address)?.id ?? null;
  const [customer] = drift.state.customers;
  Object.assign(customer ?? {}, { ownerId: agentOf(email) });
  const mara = agentOf(MARA.email);
  // The second read confirms, and the two after it look again.
  const reads = { surface: 'scim', method: 'GET', path: /^\/Users\/./, status: 400 } as const;
  drift.inject({ ...reads, every: 2, times: 1 });
  drift.inject({ ...reads, times: 2 });
  const detail = {
    ...{ employee: { employeeId, email }, lastWorkingDay: '2026-11-27', timeZone: 'UTC', when: 'now' },
    ...{ reassignTo: MARA.email, apps: [{ app: 'drift' }] },
  };
  const told = { id: 'leaves', source: 'hr', time: new Date().toISOString() };
  const report = await runtime.play(
    z.parse(HrEvent, { ...told, 'detail-type': 'employee.terminated', detail }),
  );
  expect(report.apps.map(({ status, changes }) => [status, changes[0]?.login])).toEqual([['done', 'shut']]);
  expect(customer?.ownerId).toBe(mara);
});

it('completes a reconciliation', { tags: 'slow' }, async () => {
  const { failure } = await runtime.reconcile({});
  expect(failure).toBeNull();
});
