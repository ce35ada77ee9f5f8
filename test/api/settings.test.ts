import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Hono } from 'hono';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import * as z from 'zod/mini';
import { problemAnswer } from '../../functions/api/problem.ts';
import { readSettings, Settings } from '../../functions/api/read-settings.ts';
import { routeSettings } from '../../functions/api/settings-route.ts';
import { POLICY_VARIABLE } from '../../functions/hr/policy-variable.ts';
import { type Counter, dayOf, UNUSED } from '../../functions/rate-limit/slots.ts';

const NOW = Date.parse('2026-11-29T12:00:00.000Z');
const POLICY = {
  rules: [
    { name: 'sales', when: { department: 'Sales' }, apps: [{ app: 'pipedrive', role: 'Account Executive' }] },
  ],
  default: { apps: ['drata'] },
  timeZones: { default: 'Europe/Berlin' },
  takeover: { default: 'boss@northlight.example' },
  outOfScope: [{ name: 'board', title: 'Board*' }],
};
const GATE = {
  limits: { offboarding: { people: 3, percent: 2 }, onboarding: { people: 9, percent: 9 } },
  protected: ['E-1', 'ceo@northlight.example', 'svc-*@northlight.example', 'owner@northlight.example'],
  approval: { apps: ['drata'], roles: ['Admin'] },
  expiryDays: { offboarding: 2 },
  fourEyes: true,
};

function setPolicy(policy: object): void {
  const file = join(mkdtempSync(join(tmpdir(), 'tenure-settings-')), 'policy.json');
  writeFileSync(file, JSON.stringify(policy));
  vi.stubEnv(POLICY_VARIABLE, file);
}

/** The coordination table with these counters. */
const tableOf = (counters: Record<string, Partial<Counter>> = {}) => ({
  read: async (key: string) => (counters[key] === undefined ? null : { ...UNUSED, ...counters[key] }),
});

const surfaceOf = ({ apps }: Settings, name: string, surface = 'rest') =>
  apps.find(({ app }) => app === name)?.surfaces.find((one) => one.surface === surface) ??
  expect.fail(`${name} has no ${surface}.`);

beforeEach(() => {
  vi.stubEnv('TENURE_APPS', '');
  vi.stubEnv('TENURE_GATE', JSON.stringify(GATE));
  setPolicy(POLICY);
});
afterEach(() => vi.unstubAllEnvs());

it('tells the apps that the company has, the dialects and the surfaces in use', async () => {
  vi.stubEnv('TENURE_APPS', 'drift,pipedrive');
  vi.stubEnv('DRIFT_DIALECT', 'guide');
  const { apps } = await readSettings(tableOf(), NOW);
  expect(
    apps.map(({ app, dialect, surfaces }) => [app, dialect, surfaces.map((one) => one.surface)]),
  ).toEqual([
    ['pipedrive', 'live', ['rest']],
    ['drift', 'guide', ['rest', 'scim']],
  ]);
  vi.stubEnv('PIPEDRIVE_MODE', 'scim');
  expect(surfaceOf(await readSettings(tableOf(), NOW), 'pipedrive', 'scim').limit?.perDay).toBe(80_000);
});

it('tells the limit that applies: the documented one, by plan and seats, or the one that is set', async () => {
  vi.stubEnv('PIPEDRIVE_PLAN', 'premium');
  vi.stubEnv('PIPEDRIVE_SEATS', '12');
  vi.stubEnv('DRIFT_RATE_LIMIT', '{"capacity":5,"windowMs":1000,"perDay":700,"reservedPerDay":70}');
  const settings = await readSettings(tableOf(), NOW);
  expect(surfaceOf(settings, 'pipedrive').limit).toEqual({
    capacity: 100,
    windowMs: 2000,
    perDay: 1_800_000,
    reservedPerDay: 180_000,
  });
  expect(surfaceOf(settings, 'drift').limit).toEqual({
    capacity: 5,
    windowMs: 1000,
    perDay: 700,
    reservedPerDay: 70,
  });
  expect(surfaceOf(settings, 'salesloft').limit).toMatchObject({ capacity: 600, perDay: null });
  expect(surfaceOf(settings, 'drata').limit).toBeNull();
});

it('tells how much is in use by the counter of each surface', async () => {
  vi.stubEnv('DRIFT_RATE_LIMIT', '{"capacity":100,"windowMs":10000,"perDay":700}');
  // 100 positions in 10.15 seconds.
  const used = { start: NOW - 1000, next: NOW - 1000 + 25 * 101.5 };
  const counters = {
    'RATE#drift#rest': { ...used, used: { [dayOf(NOW)]: 40, [dayOf(NOW) - 1]: 600 } },
    'RATE#drift#scim': { ...used, start: NOW - 70_000, next: NOW - 61_000 },
    'RATE#drata#rest': { next: NOW + 2000, spacing: 6000, spacedAt: NOW, holdUntil: NOW + 2000 },
    'RATE#salesloft#rest': { start: NOW, next: NOW + 120_000 },
  };
  const settings = await readSettings(tableOf(counters), NOW);
  expect(surfaceOf(settings, 'drift').inUse).toEqual({ window: 25, day: 40, waitMs: 0, dayOverUntil: null });
  expect(surfaceOf(settings, 'drift', 'scim').inUse).toMatchObject({ window: 0, day: null, waitMs: 0 });
  expect(surfaceOf(settings, 'drata').inUse).toMatchObject({ window: null, day: null, waitMs: 2000 });
  expect(surfaceOf(settings, 'salesloft').inUse.window).toBe(600);
  expect(surfaceOf(settings, 'driftwood').inUse).toMatchObject({ window: null, waitMs: 0 });
});

it('tells until when a day is over, and not of one that was', async () => {
  const counters = {
    'RATE#pipedrive#rest': { dayOverUntil: NOW + 60_000 },
    'RATE#drift#rest': { dayOverUntil: NOW - 1 },
  };
  const settings = await readSettings(tableOf(counters), NOW);
  expect(surfaceOf(settings, 'pipedrive').inUse.dayOverUntil).toBe('2026-11-29T12:01:00.000Z');
  expect(surfaceOf(settings, 'drift').inUse.dayOverUntil).toBeNull();
});

it('tells the gate and the policy, and nobody but by id', async () => {
  const settings = await readSettings(tableOf(), NOW);
  expect(settings.gate).toEqual({
    limits: GATE.limits,
    protected: { employeeIds: ['E-1'], addresses: 2, patterns: 1 },
    approval: { workflows: [], apps: ['drata'], roles: ['Admin'] },
    lateHours: 24,
    expiryDays: { offboarding: 2, onboarding: 30, update: 30 },
    fourEyes: true,
  });
  expect(settings.policy).toEqual({
    digest: expect.stringMatching(/^[\da-f]{64}$/),
    rules: [
      {
        name: 'sales',
        when: { department: 'Sales' },
        apps: [{ app: 'pipedrive', role: 'Account Executive' }],
      },
    ],
    default: [{ app: 'drata', role: null }],
    hiresDaysBefore: 0,
    absence: 'report',
    outOfScope: 1,
  });
  expect(settings.doctor).toBe('/doctor');
  expect(JSON.stringify(settings)).not.toContain('northlight');
  expect(z.safeParse(Settings, settings).success).toBe(true);
});

it('has another digest for another policy, and the same for another order of its fields', async () => {
  const digest = async () => (await readSettings(tableOf(), NOW)).policy?.digest;
  const first = await digest();
  setPolicy(Object.fromEntries(Object.entries(POLICY).reverse()));
  expect(await digest()).toBe(first);
  setPolicy({ ...POLICY, hires: { daysBefore: 1 } });
  expect(await digest()).not.toBe(first);
});

it('says null for a policy that is not usable on a laptop, and for four eyes that are not set', async () => {
  vi.stubEnv(POLICY_VARIABLE, undefined);
  vi.stubEnv('TENURE_GATE', '');
  const { policy, gate } = await readSettings(tableOf(), NOW);
  expect([policy, gate.fourEyes]).toEqual([null, null]);
});

it('answers 503 while the table cannot be reached', async () => {
  const app = new Hono().onError(problemAnswer);
  const down = Object.assign(new Error('timeout'), { name: 'TimeoutError', $metadata: {} });
  routeSettings(app, { read: () => Promise.reject(down) });
  expect((await app.request('/settings')).status).toBe(503);
});
