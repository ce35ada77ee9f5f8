import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Scope } from '../../cdk/api.ts';
import { FINDING_KINDS, findingStore, Reconciled } from '../../functions/tables/finding-store.ts';
import type { LoopbackServer } from '../../local/aws/loopback-server.ts';
import { IDENTITY_TABLE } from '../../local/aws/tables.ts';
import { startApi } from '../../local/runtime/local-api.ts';
import { type Runtime, startRuntime } from '../../local/runtime/runtime.ts';
import { ANN, MARA, TOMAS } from '../../local/vendors/company.ts';
import { hireLater, inDays, newcomer } from '../requests.ts';
import { examine, openPage, startBrowser, type Watched } from './browser.ts';
import { deployed } from './deployed.ts';

const { gateway, letIn, tokenOf, endSessions } = deployed();
let runtime: Runtime;
let api: LoopbackServer;
let browser: Browser;
let open: Watched[] = [];

beforeAll(async () => {
  runtime = await startRuntime({ delayScale: 0.01, keepsMoments: true });
  api = await startApi(runtime, 0, gateway);
  browser = await startBrowser();
});
afterAll(async () => {
  await browser?.close();
  await api?.close();
  await runtime?.close();
});
beforeEach(() => {
  open = [];
  return async () => {
    for (const { faults, context } of open) {
      expect(faults).toEqual([]);
      await context.close();
    }
  };
});

/** A page on which somebody with these scopes has signed in, at a place. */
async function signedIn(who: string, scopes: readonly Scope[], place = '#/'): Promise<Page> {
  const watched = await openPage(browser);
  open.push(watched);
  await letIn(watched.context, who, scopes);
  await watched.page.goto(`${api.url}/${place}`);
  await watched.page.getByRole('button', { name: 'Sign in' }).click();
  await watched.page.getByText(`Signed in as ${who}`).waitFor();
  return watched.page;
}

it('asks to sign in, comes back to the place that was asked for, and keeps the token in memory only', async () => {
  const watched = await openPage(browser);
  open.push(watched);
  const { page } = watched;
  await letIn(watched.context, 'alice', ['read']);
  await page.goto(`${api.url}/#/runs?status=held`);
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await examine(page, 'sign-in');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Runs' }).waitFor();
  expect(page.url()).toBe(`${api.url}/#/runs?status=held`);
  const stored = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
  expect(stored).toBe('[{},{}]');
  expect(await watched.context.cookies()).toEqual([]);
});

it('previews a termination, and another person releases it with a reason', async () => {
  const alice = await signedIn('alice', ['read', 'run']);
  const asked = await send('alice', 'POST', '/offboardings', { ...termination(), requiresApproval: true });
  expect(asked.status).toBe(202);
  const place = `#/runs/${asked.body.name}`;
  await alice.goto(`${api.url}/${place}`);
  await alice.getByText('Needs an approval').waitFor();
  // Hidden, because her token does not allow it; and refused, whatever a page shows.
  expect(await alice.getByRole('button', { name: 'Release' }).count()).toBe(0);
  const refused = await send('alice', 'POST', `/runs/${asked.body.name}/release`, { reason: 'I say so.' });
  expect(refused.status).toBe(403);

  const bob = await signedIn('bob', ['read', 'run', 'approve'], place);
  await bob.getByRole('button', { name: 'Release' }).waitFor();
  await examine(bob, 'held');
  await bob.getByRole('link', { name: ANN.employeeId }).first().click();
  await bob.getByLabel('Email').fill(ANN.email);
  await bob.getByLabel('When').selectOption('At once');
  await bob.getByLabel('Records go to').fill(MARA.email);
  await bob.getByRole('button', { name: 'Preview' }).click();
  await bob.getByText('deactivate user').first().waitFor();
  await examine(bob, 'preview');
  await bob.goBack();
  await bob.getByLabel('Reason').fill('Her manager has called me.');
  await bob.getByRole('button', { name: 'Release' }).click();
  await bob.getByText('The run is released and goes on.').waitFor();
  await bob.getByText('Her manager has called me.').waitFor();
  await bob.locator('#facts').getByText('Complete').waitFor();
  await bob.getByText('User deactivated; the login is shut.').first().waitFor();
  await examine(bob, 'offboarding');
});

it('has exactly that done which was previewed', async () => {
  const { employeeId } = TOMAS;
  const page = await signedIn('alice', ['read', 'run'], `#/people/${employeeId}`);
  await page.getByLabel('Email').fill(TOMAS.email);
  await page.getByLabel('When').selectOption('At once');
  await page.getByLabel('Records go to').fill(MARA.email);
  await page.getByRole('button', { name: 'Preview' }).click();
  await page.getByText('This would be done.').waitFor();
  await page.getByRole('button', { name: 'Do exactly this' }).click();
  await page.getByRole('heading', { name: `Offboarding of ${employeeId}` }).waitFor();
  await page.locator('#facts').getByText('Complete').waitFor();
});

it('cancels a run that waits, once that is asked twice, and hands out its evidence', async () => {
  const page = await signedIn('alice', ['read', 'run']);
  const asked = await send('alice', 'POST', '/onboardings', hireLater(newcomer()));
  await page.goto(`${api.url}/#/runs/${asked.body.name}`);
  await page.getByRole('button', { name: 'Cancel this run' }).click();
  await page.getByRole('button', { name: 'Cancel it now' }).click();
  await page.getByText('The run is cancelled.').waitFor();
  await page.locator('#facts').getByText('Cancelled').waitFor();
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download the evidence' }).click();
  expect((await download).suggestedFilename()).toBe(`evidence-${asked.body.name}.json`);
});

it('marks a follow-up as done, with who and a note', async () => {
  const page = await signedIn('alice', ['read', 'run'], '#/follow-ups');
  const follow = page.getByRole('checkbox').first();
  await follow.waitFor();
  await examine(page, 'follow-ups');
  const before = await page.getByRole('checkbox').count();
  await page.getByRole('button', { name: 'Mark the chosen ones' }).click();
  await page.getByText('Choose at least one.').waitFor();
  await follow.check();
  await page.getByLabel('Note').fill('Done by hand.');
  await page.getByRole('button', { name: 'Mark the chosen ones' }).click();
  await page.getByText('1 follow-up is marked as done.').waitFor();
  await expect.poll(() => page.getByRole('checkbox').count()).toBe(before - 1);
  await page.getByRole('link', { name: 'Done', exact: true }).click();
  await page.getByText('Done by alice').waitFor();
  await page.getByText('Done by hand.').waitFor();
});

it('accepts a finding with a reason and an expiry, which leaves the list, and takes it back', async () => {
  await found();
  const alice = await signedIn('alice', ['read', 'run'], '#/findings');
  await alice.getByText('nobody is known to own it').waitFor();
  expect(await alice.getByText('Accept', { exact: true }).count()).toBe(0);
  const page = await signedIn('bob', ['read', 'approve', 'admin'], '#/findings');
  await page.getByRole('heading', { name: 'Accounts that are nobody’s' }).waitFor();
  const row = page.getByRole('listitem').filter({ hasText: 'nobody is known to own it' });
  await row.locator('summary', { hasText: 'Accept' }).click();
  await examine(page, 'findings');
  await row.getByLabel('Reason').fill('A shared mailbox.');
  await row.getByLabel('Until').fill(inDays(5));
  await row.getByRole('button', { name: 'Accept' }).click();
  await page.getByText('The finding is accepted.').waitFor();
  await page.getByText('nobody is known to own it').waitFor({ state: 'detached' });
  await page.getByRole('link', { name: 'Accepted' }).click();
  await page.getByText('Accepted by bob').waitFor();
  await page.getByText('A shared mailbox.').waitFor();
  await page.getByRole('button', { name: 'Take the acceptance back' }).click();
  await page.getByText('The finding is open again.').waitFor();
  await page.getByRole('link', { name: 'Overview' }).click();
  await page.getByRole('link', { name: '1 Findings' }).waitFor();
  await examine(page, 'overview');
});

it('shows what the doctor found last', async () => {
  const page = await signedIn('alice', ['read', 'run', 'admin'], '#/settings');
  await page.getByText('Not examined yet').waitFor();
  await page
    .getByRole('row')
    .filter({ hasText: 'Pipedrive' })
    .getByText(/^\d+ of [\d,]+$/)
    .first()
    .waitFor();
  await page.getByText('For protected people').waitFor();
  await page.getByRole('row').filter({ hasText: 'Everybody else' }).waitFor();
  await send('alice', 'POST', '/doctor', {});
  const isExamined = async () => {
    await page.reload();
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Settings' }).waitFor();
    return page.getByText('In order').count();
  };
  await expect.poll(isExamined, { timeout: 20_000, interval: 1000 }).toBeGreaterThan(0);
  await examine(page, 'settings');
});

it('says that a session has ended, and goes on at the same place', async () => {
  const page = await signedIn('alice', ['read'], '#/follow-ups');
  await page.getByRole('heading', { name: 'Follow-ups' }).waitFor();
  endSessions();
  await page.getByRole('link', { name: 'Runs', exact: true }).click();
  await page.getByText('Your session has ended.').waitFor();
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Runs' }).waitFor();
});

it('says what went wrong when the API fails, and works again once that does', async () => {
  const page = await signedIn('alice', ['read']);
  await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
  const problem = { detail: 'AWS is busy or cannot be reached.', errors: [] };
  await page.route('**/follow-ups*', (route) => route.fulfill({ status: 503, json: problem }));
  await page.getByRole('link', { name: 'Follow-ups', exact: true }).click();
  await page.getByText('AWS is busy or cannot be reached.').waitFor();
  await examine(page, 'failing');
  await page.unroute('**/follow-ups*');
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('link', { name: 'its run' }).first().waitFor();
  await page.route('**/runs*', (route) => route.abort());
  await page.getByRole('link', { name: 'Runs', exact: true }).click();
  await page.getByText('There was no answer.').waitFor();
});

it('shows nothing to whom the token allows nothing', async () => {
  const page = await signedIn('eve', []);
  await page.getByText('your token allows nothing here').waitFor();
});

it('says why signing in did not work', async () => {
  const watched = await openPage(browser);
  open.push(watched);
  await watched.page.goto(`${api.url}/?error=access_denied&state=made-up`);
  await watched.page.getByRole('button', { name: 'Sign in' }).waitFor();
  expect(watched.page.url()).toBe(`${api.url}/`);
});

function termination() {
  return {
    employee: { employeeId: ANN.employeeId, email: ANN.email },
    lastWorkingDay: '2025-03-14',
    timeZone: 'Europe/Berlin',
    when: 'now',
    reassignTo: MARA.email,
  };
}

/** A reconciliation that has found an account which is nobody's. */
async function found(): Promise<void> {
  const store = findingStore(IDENTITY_TABLE);
  const finding = { kind: 'orphan_account', app: 'pipedrive', vendorUserId: '42', employeeId: null } as const;
  await store.write('run-1', [{ ...finding, detail: 'The account is open, and nobody is known to own it.' }]);
  const counts = Object.fromEntries(FINDING_KINDS.map((kind) => [kind, kind === finding.kind ? 1 : 0]));
  const startedAt = '2026-11-01T00:00:00.000Z';
  await store.conclude(Reconciled.parse({ app: 'pipedrive', run: 'run-1', startedAt, counts }));
}

type Sent = { status: number; body: { name: string } };

/** Sends something with the token that somebody has on the page, as curl would. */
async function send(who: string, method: string, path: string, body: object): Promise<Sent> {
  const response = await fetch(`${api.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${tokenOf(who)}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}
