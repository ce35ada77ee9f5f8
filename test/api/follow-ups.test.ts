import { afterAll, beforeAll, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { FollowUpList } from '../../functions/api/follow-ups.ts';
import { FollowUp } from '../../functions/tables/follow-up-store.ts';
import type { LoopbackServer } from '../../local/aws/loopback-server.ts';
import { startApi } from '../../local/runtime/local-api.ts';
import { type Runtime, startRuntime } from '../../local/runtime/runtime.ts';
import { systemUser } from '../../local/runtime/system-user.ts';
import { call, keyedUrl } from '../requests.ts';

let runtime: Runtime;
let api: LoopbackServer;

const RUN = { workflow: 'offboarding', execution: 'run-1', startedAt: new Date().toISOString() } as const;
const REPORT = {
  ...{ workflow: 'offboarding', employeeId: 'E-1', email: '', status: 'partial' },
  apps: [
    {
      ...{ app: 'drift', status: 'failed', vendorUserId: null },
      steps: [],
      changes: [],
      followUps: ['Cut.'],
    },
    { ...{ app: 'drata', status: 'done', vendorUserId: null }, steps: [], changes: [], followUps: ['Look.'] },
  ],
  followUps: ['Ask.'],
} as const;

beforeAll(async () => {
  runtime = await startRuntime();
  const { url, key, close } = await startApi(runtime, 0);
  api = { url: keyedUrl(url, key), close };
  await runtime.store.writeReport(RUN, structuredClone(REPORT) as never);
});
afterAll(async () => {
  await api.close();
  await runtime.close();
});

const list = async (query = '') => {
  const { status, text } = await call(`${api.url}/follow-ups${query}`);
  expect(status).toBe(200);
  return z.parse(FollowUpList, JSON.parse(text)).followUps;
};
const texts = async (query = '') => (await list(query)).map(({ text }) => text).sort();
const finish = (id: string, body?: unknown) => call(`${api.url}/follow-ups/${id}/done`, 'POST', body);

it('lists each follow-up of a report, which is done once, and stays so when the report is written again', async () => {
  expect(await texts()).toEqual(['Ask.', 'Cut.', 'Look.']);
  expect(await texts('?app=drift')).toEqual(['Cut.']);
  const all = await list();
  const cut = all.find(({ text }) => text === 'Cut.');
  expect(cut).toMatchObject({
    ...{ app: 'drift', employeeId: 'E-1', run: 'run-1', urgency: 'high', status: 'open', done: null },
  });
  expect(all.find(({ text }) => text === 'Look.')).toMatchObject({ app: 'drata', urgency: 'normal' });
  const answer = await finish(cut?.id ?? '', { note: 'By hand.' });
  expect(answer.status).toBe(200);
  expect(z.parse(FollowUp, JSON.parse(answer.text))).toMatchObject({
    status: 'done',
    done: { by: systemUser(), note: 'By hand.' },
  });
  expect((await finish(cut?.id ?? '')).status).toBe(409);
  await runtime.store.writeReport(RUN, structuredClone(REPORT) as never);
  expect(await texts('?status=open')).toEqual(['Ask.', 'Look.']);
  expect(await texts('?status=done')).toEqual(['Cut.']);
  const ask = all.find(({ text }) => text === 'Ask.');
  expect((await finish(ask?.id ?? '')).status).toBe(200);
});

it('refuses what it does not know', async () => {
  expect((await finish('none')).status).toBe(404);
  expect((await finish(`2026-11-29T080000000Z-${'0'.repeat(16)}`)).status).toBe(404);
  expect((await finish('none', { note: 7 })).status).toBe(422);
  for (const query of ['?status=gone', '?app=slack', '?cursor=x'])
    expect((await call(`${api.url}/follow-ups${query}`)).status).toBe(422);
});

it('forgets those of an employee', async () => {
  await runtime.store.followUps.remove('E-2', RUN.startedAt);
  expect(await texts()).toHaveLength(3);
  await runtime.store.followUps.remove('E-1', RUN.startedAt);
  expect(await texts()).toEqual([]);
});
