import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { ZOE } from '../../local/vendors/company.ts';
import { type Started, spawnCommand } from '../local/command-line.ts';
import { call, hire, keyedUrl, newcomer, OVER, reached, runIn } from '../requests.ts';
import { examine, openPage, startBrowser, type Watched } from './browser.ts';

let served: Started;
let browser: Browser;
let printed: string;
let api: string;
let watched: Watched;

beforeAll(async () => {
  served = spawnCommand(['serve', '--port', '0', '--fast']);
  await vi.waitFor(() => expect(served.output()).toContain('Bearer '), { timeout: 30_000 });
  [, printed = ''] = served.output().match(/The page: (\S+)/) ?? [];
  const { origin, hash } = new URL(printed);
  api = keyedUrl(origin, hash.replace('#key=', ''));
  browser = await startBrowser();
});
afterAll(async () => {
  await browser?.close();
  served?.stop();
  await served?.ended;
});
beforeEach(async () => {
  watched = await openPage(browser);
  return async () => {
    expect(watched.faults).toEqual([]);
    expect([...watched.origins]).toEqual([new URL(printed).origin]);
    await watched.context.close();
  };
});

it('opens without a login at the address that serve prints, which loses the key', async () => {
  const { page } = watched;
  await page.goto(printed);
  await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
  expect(page.url()).toBe(`${new URL(printed).origin}/#/`);
  await page.reload();
  await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
});

it('asks for the key at the bare address, and again for one that is wrong', async () => {
  const { page } = watched;
  await page.goto(new URL(printed).origin);
  await page.getByRole('heading', { name: 'Open the page with its key' }).waitFor();
  await examine(page, 'start');
  await page.getByLabel('Key').fill('wrong');
  await page.getByRole('button', { name: 'Open' }).click();
  await page.getByText('The key is not valid any more').waitFor();
  await page.getByLabel('Key').fill(new URL(printed).hash.replace('#key=', ''));
  await page.getByRole('button', { name: 'Open' }).click();
  await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
});

it('shows a hire that appears, and moves to done, without being loaded again', async () => {
  const { page } = watched;
  await page.goto(printed);
  await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
  const person = newcomer();
  const { name } = runIn(await call(`${api}/onboardings`, 'POST', hire(person)));
  const row = page.getByRole('row').filter({ hasText: person.employeeId }).last();
  await row.getByText('Complete').waitFor();
  await row.getByRole('link', { name: 'Onboarding' }).click();
  await page.getByRole('heading', { name: `Onboarding of ${person.employeeId}` }).waitFor();
  await page.getByText('Complete').first().waitFor();
  expect(page.url()).toContain(`#/runs/${name}`);
  await examine(page, 'run');
});

it('leads by keyboard alone from a box of the picture to its line', async () => {
  const { page } = watched;
  const { name } = runIn(await call(`${api}/onboardings`, 'POST', hire(newcomer())));
  await reached(api, name, OVER);
  await page.goto(printed);
  await page.goto(`${new URL(printed).origin}/#/runs/${name}`);
  const box = page.getByRole('link', { name: 'Driftwood CRM, Find user: Not found' });
  await box.focus();
  await page.keyboard.press('Enter');
  await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe('step-DriftwoodFindUser');
});

it('goes where the address leads that changes before the page listens', async () => {
  const { page } = watched;
  await page.goto(printed);
  await page.addInitScript(() => {
    addEventListener('DOMContentLoaded', () => {
      location.hash = '#/runs';
    });
  });
  await page.goto('about:blank');
  await page.goto(printed);
  await page.getByRole('heading', { name: 'Runs', level: 1 }).waitFor();
});

it('leads from the overview to the runs that have left a login open', async () => {
  const { page } = watched;
  await page.goto(printed);
  await page.getByRole('link', { name: /Failed, login open/ }).click();
  await page.getByRole('heading', { name: 'Failed, login open' }).waitFor();
  await page.getByText('No offboarding has left a login open.').waitFor();
  await examine(page, 'open-logins');
});

it('filters runs in the address, and finds nothing where there is nothing', async () => {
  const { page } = watched;
  await page.goto(printed);
  await page.getByRole('link', { name: 'Runs', exact: true }).click();
  await page.getByLabel('Status').selectOption('rejected');
  await page.getByRole('button', { name: 'Show' }).click();
  await page.getByText('No run fits these filters.').waitFor();
  expect(page.url()).toContain('#/runs?status=rejected');
  await page.getByRole('link', { name: 'Clear' }).click();
  await page.getByRole('row').nth(1).waitFor();
  await examine(page, 'runs');
});

it('shows an event of HR by its person, with the accounts in all apps', async () => {
  const { page } = watched;
  const event = await import('../../events/1-zoe-is-hired.json', { with: { type: 'json' } });
  const { text } = await call(`${api}/events`, 'PUT', event.default);
  await reached(api, JSON.parse(text).runs[0].name, OVER);
  await page.goto(printed);
  await page.getByText(`${ZOE.firstName} ${ZOE.lastName}`, { exact: true }).first().waitFor();
  await page.getByRole('link', { name: ZOE.employeeId, exact: true }).first().click();
  await page.getByRole('heading', { name: `Employee ${ZOE.employeeId}` }).waitFor();
  await page.getByText('Account Executive').first().waitFor();
  await examine(page, 'person');
});
