import { gzipSync } from 'node:zlib';
import { expect, it, test } from 'vitest';
import { buildPage } from '../../cdk/bundle-page.ts';
import type { Run } from '../../functions/api/schemas.ts';
import { createWebApp, isForPage } from '../../functions/web/app.ts';
import { assetsOf } from '../../functions/web/assets.ts';
import { ApiError } from '../../functions/web/client/base/api.ts';
import { lookUp } from '../../functions/web/client/base/people.ts';
import { hrefTo, routeOf } from '../../functions/web/client/base/route.ts';
import { changeSentence } from '../../functions/web/client/base/strings.ts';
import { OpenLoginsOf, readOpenLogins } from '../../functions/web/client/pages/open-logins.tsx';
import { OverviewOf } from '../../functions/web/client/pages/overview.tsx';
import { RunApps, RunHead } from '../../functions/web/client/pages/run.tsx';
import { RunPage } from '../../functions/web/client/pages/runs.tsx';
import { SettingsOf } from '../../functions/web/client/pages/settings.tsx';
import { Picture } from '../../functions/web/client/parts/picture.tsx';
import { machineOf } from '../../functions/web/machine.ts';
import type { PageConfig } from '../../functions/web/page-config.ts';
import { offboarding } from '../../state-machines/offboarding.ts';

const BODIES = { 'page.js': 'export {};', 'page.css': 'p {}', 'machines.json': '{}' };
const TOKEN: PageConfig = {
  signIn: 'token',
  issuer: 'https://login.example',
  authorizationEndpoint: 'https://login.example/authorize',
  tokenEndpoint: 'https://tokens.example/token',
  clientId: 'page"><script>',
  scope: 'openid',
  audience: null,
  scopes: { read: 'r', run: 'u', approve: 'a', admin: 'd' },
};
const page = (config: PageConfig = { signIn: 'key' }) => createWebApp(assetsOf(BODIES), config);

test('the script is at most 40 kB gzipped', async () => {
  const { 'page.js': script } = await buildPage();
  expect(gzipSync(script).length).toBeLessThanOrEqual(40_000);
});

it('allows no inline script and no other origin', async () => {
  const answer = await page().request('/');
  const policy = answer.headers.get('content-security-policy') ?? '';
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("script-src 'self'");
  expect(policy).toContain("connect-src 'self';");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toMatch(/unsafe|https?:/);
  const html = await answer.text();
  expect(html).not.toMatch(/<script(?![^>]*\ssrc=)|\son\w+=|\sstyle=|<style/);
  expect(html).not.toMatch(/(src|href)="(https?:)?\/\//);
});

it('lets the script reach the token endpoint where people sign in, and quotes the configuration', async () => {
  const answer = await page(TOKEN).request('/');
  expect(answer.headers.get('content-security-policy')).toContain(
    "connect-src 'self' https://tokens.example;",
  );
  expect(await answer.text()).not.toContain('page"><script>');
});

it('answers a document that has not changed with 304, and its files for good', async () => {
  const first = await page().request('/');
  const etag = first.headers.get('etag') ?? '';
  const again = await page().request('/', { headers: { 'if-none-match': etag } });
  expect(again.status).toBe(304);
  for (const [, path = ''] of (await first.text()).matchAll(/(?:src|href)="(\/[^"]+)"/g)) {
    const file = await page().request(path);
    expect([file.status, file.headers.get('cache-control')]).toEqual([
      200,
      expect.stringContaining('immutable'),
    ]);
    expect(file.headers.get('x-content-type-options')).toBe('nosniff');
  }
  expect((await page().request('/assets/page.js')).status).toBe(404);
});

it('takes nothing that belongs to the API', () => {
  expect(isForPage('GET', '/')).toBe(true);
  expect(isForPage('GET', '/assets/x')).toBe(true);
  expect(isForPage('POST', '/')).toBe(false);
  for (const path of ['/runs', '/employees/1', '/assets', '//runs', '/follow-ups'])
    expect(isForPage('GET', path)).toBe(false);
});

const HOSTILE = '<img src=x onerror=alert(1)>';

const RUN: Run = {
  name: 'offboarding-E-1',
  workflow: 'offboarding',
  employeeId: 'E-1',
  status: 'partial',
  startedAt: '2026-11-29T10:00:00.000Z',
  endedAt: '2026-11-29T10:01:00.000Z',
  origin: {
    id: '1',
    source: 'hr',
    receivedAt: '2026-11-29T09:59:00.000Z',
    requester: { via: 'eventbridge', name: HOSTILE },
  },
  dueAt: '2026-11-29T10:00:00.000Z',
  lastLoginShutAt: null,
  held: {
    reasons: [{ kind: 'protected', app: null, detail: HOSTILE }],
    since: '2026-11-29T09:59:00.000Z',
    until: '2026-12-06T09:59:00.000Z',
    decisions: [
      { decision: 'released', by: 'bob', at: '2026-11-29T10:00:00.000Z', reason: HOSTILE, reasons: [] },
    ],
  },
  apps: [
    {
      app: 'pipedrive',
      status: 'failed',
      steps: [{ step: 'PipedriveDeactivateUser', status: 'failed', attempts: 4 }],
    },
  ],
  warning: HOSTILE,
  report: {
    workflow: 'offboarding',
    employeeId: 'E-1',
    email: 'e1@example.com',
    status: 'partial',
    apps: [
      {
        app: 'pipedrive',
        status: 'failed',
        vendorUserId: '7',
        steps: [
          {
            step: 'PipedriveFindUser',
            status: 'found',
            ms: 1200,
            attempts: 2,
            startedAt: '2026-11-29T10:00:01.000Z',
          },
        ],
        changes: [{ what: 'user deactivated', login: 'shut' }],
        followUps: [HOSTILE],
        error: { name: 'VendorRejectedError', message: `${HOSTILE} Mend it.` },
      },
    ],
  },
  error: null,
};

const RENDERED = {
  head: <RunHead run={RUN} />,
  apps: <RunApps run={RUN} />,
  picture: <Picture run={RUN} machine={machineOf(offboarding)} />,
};

it.each(Object.entries(RENDERED))('shows what others have written as text in %s', (_, element) => {
  expect(element.toString()).not.toContain('<img');
});

it('shows a run: who asked, what held it, who decided, and what to do', () => {
  const head = RENDERED.head.toString();
  for (const said of ['Partly done', '&lt;img src=x', 'Protected person', 'Released', 'bob', 'To be mended'])
    expect(head).toContain(said);
  const apps = RENDERED.apps.toString();
  for (const said of [
    'VendorRejectedError',
    'Mend it.',
    '1.2 s',
    'id="step-PipedriveDeactivateUser"',
    'the login is shut',
  ])
    expect(apps).toContain(said);
});

it('draws the state machine with the steps of the run, each of which can be reached and heard', () => {
  const svg = RENDERED.picture.toString();
  expect(svg).toContain('aria-label="Pipedrive, Find user: Found"');
  expect(svg).toContain('aria-label="Pipedrive, Deactivate user: Failed"');
  expect(svg).toContain('href="#/runs/offboarding-E-1?line=step-PipedriveFindUser"');
  // The run is about one app.
  expect(svg).not.toContain('SalesLoft');
});

it('says that a list is empty, and how to come to older runs', () => {
  const none = <RunPage list={{ runs: [] }} filters={{ status: 'held' }} cursor="" />;
  expect(none.toString()).toContain('No run fits these filters.');
  const more = <RunPage list={{ runs: [RUN], cursor: 'abc' }} filters={{ status: 'held' }} cursor="" />;
  expect(more.toString()).toContain('href="#/runs?status=held&amp;cursor=abc"');
});

it('counts on the overview, each number with a way to what it counts', () => {
  const none = { count: 0, isLeast: false };
  const now = {
    held: { count: 50, isLeast: true },
    failed: none,
    trying: none,
    today: none,
    followUps: { count: 3, isLeast: false },
    findings: none,
    live: [],
    newest: [RUN],
  };
  const html = (<OverviewOf now={now} />).toString();
  expect(html).toContain('50 or more');
  expect(html).toContain('href="#/runs?status=held"');
  expect(html).toContain('href="#/open-logins"');
  expect(html).toContain('Nothing runs at the moment.');
});

it('shows how much of each limit is in use, the gate and the policy', () => {
  const limits = { offboarding: { people: 5, percent: 5 }, onboarding: { people: 50, percent: 50 } };
  const settings = {
    apps: [
      {
        app: 'pipedrive' as const,
        dialect: 'live' as const,
        surfaces: [
          {
            surface: 'rest' as const,
            limit: { capacity: 80, windowMs: 2000, perDay: 80_000, reservedPerDay: 8000 },
            inUse: { window: 12, day: 4321, waitMs: 0, dayOverUntil: null },
          },
        ],
      },
      {
        app: 'drata' as const,
        dialect: 'live' as const,
        surfaces: [
          {
            surface: 'rest' as const,
            limit: null,
            inUse: { window: null, day: null, waitMs: 3000, dayOverUntil: '2026-11-30T00:00:00.000Z' },
          },
        ],
      },
    ],
    gate: {
      limits,
      protected: { employeeIds: ['E-1'], addresses: 1, patterns: 2 },
      approval: { workflows: ['offboarding' as const], apps: [], roles: [HOSTILE] },
      lateHours: 24,
      expiryDays: { offboarding: 7, onboarding: 30, update: 30 },
      fourEyes: null,
    },
    policy: {
      digest: 'abc',
      rules: [
        { name: 'sales', when: { department: ['Sales'] }, apps: [{ app: 'drift' as const, role: null }] },
      ],
      default: [{ app: 'pipedrive' as const, role: 'Admin' }],
      hiresDaysBefore: 2,
      absence: 'report' as const,
      outOfScope: 0,
    },
    doctor: '/doctor',
  };
  const html = (<SettingsOf settings={settings} />).toString();
  for (const text of [
    '12 of 80',
    '80 in 2.0 s',
    '80,000 a day, 8,000 of them kept for shutting logins',
    '4,321 of 80,000',
    'A call would wait 3.0 s',
    'Used up until',
    'E-1; 1 address, 2 patterns',
    'For protected people',
    'department: Sales',
    'Pipedrive (Admin)',
  ])
    expect(html).toContain(text);
  expect(html).not.toContain(HOSTILE);
  const without = (<SettingsOf settings={{ ...settings, policy: null }} />).toString();
  expect(without).toContain('policy.yaml is not usable');
});

it('leads to the failed runs with an open login, and to no others', async () => {
  const failed = RUN.report?.apps.map((app) => ({ ...app, status: 'failed' as const })) ?? [];
  const left = (name: string, more: Partial<Run> = {}): Run => ({
    ...RUN,
    report: RUN.report === null ? null : { ...RUN.report, apps: failed },
    ...{ name, employeeId: name, status: 'failed' as const, ...more },
  });
  const later = { status: 'complete' as const, startedAt: '2026-11-29T11:00:00.000Z' };
  const runs = [
    left('open'),
    left('newer', { startedAt: '2026-11-29T10:30:00.000Z' }),
    left('joined', { workflow: 'onboarding' }),
    left('mended'),
    left('again', { ...later, employeeId: 'mended' }),
  ];
  const read = async <T,>(path: string) =>
    ({ runs: runs.filter(({ status }) => path === `/runs?status=${status}`) }) as T;
  const send = () => Promise.reject(new Error('Nothing is sent.'));
  const open = await readOpenLogins({ read, send });
  expect(open.runs.map(({ name }) => name)).toEqual(['newer', 'open']);
  expect(open.isLeast).toBe(false);
  expect((<OpenLoginsOf open={{ runs: [], isLeast: true }} />).toString()).toContain('older runs are not');
});

it('looks each name up once, and goes on after somebody whom the API does not know', async () => {
  const asked: string[] = [];
  const read = async <T,>(path: string) => {
    asked.push(path);
    if (path.endsWith('E-2')) throw new ApiError(404, 'Nobody');
    if (path.endsWith('E-4')) throw new ApiError(429, 'Too many');
    return { profile: { firstName: 'Zoe', lastName: 'Klein' } } as T;
  };
  const names = new Map([['E-0', 'Max Berg']]);
  const say = { tell: () => {}, isOver: () => false };
  await lookUp({ read }, names, ['E-0', 'E-1', 'E-1', 'E-2', 'a/b'], say);
  expect(asked).toEqual(['/employees/E-1', '/employees/E-2', '/employees/a%2Fb']);
  expect([...names.keys()]).toEqual(['E-0', 'E-1', 'a/b']);
  await expect(lookUp({ read }, names, ['E-4', 'E-5'], say)).rejects.toThrow('Too many');
  expect(names.has('E-5')).toBe(false);
});

it('keeps ids whole in an address', () => {
  const id = 'a/b?c#d%2F é';
  expect(routeOf(hrefTo(['people', id], { line: 'x y', none: undefined }))).toEqual({
    parts: ['people', id],
    query: new URLSearchParams({ line: 'x y' }),
  });
  expect(routeOf('#/people/%E0%A4%A').parts).toEqual(['people', '%E0%A4%A']);
});

it('says a change in a sentence', () => {
  expect(
    changeSentence({
      what: 'contacts reassigned',
      initial: 6,
      moved: 5,
      refused: 1,
      remaining: 1,
      newOwner: '1',
    }),
  ).toBe("Contacts reassigned: 5 of 6 moved to account 1, 1 refused by the app, 1 still the leaver's.");
});
