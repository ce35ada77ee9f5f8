import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { handler } from '../../functions/reconciliation/prepare.ts';
import { APPS } from '../../functions/shared/apps.ts';
import { logger } from '../../functions/shared/logger.ts';
import { LAMBDA_CONTEXT } from '../lambda-context.ts';

beforeEach(() => logger.setLogLevel('SILENT'));
afterEach(() => {
  vi.unstubAllEnvs();
});

const prepare = (input: object) =>
  handler({ input, run: 'nightly', startedAt: '2026-01-05T02:00:00Z' }, LAMBDA_CONTEXT);

it('walks all apps that the company has', async () => {
  expect((await prepare({})).apps).toEqual(APPS);
  vi.stubEnv('TENURE_APPS', 'drift,pipedrive');
  expect((await prepare({})).apps).toEqual(['pipedrive', 'drift']);
  expect((await prepare({ apps: ['drift'] })).apps).toEqual(['drift']);
});

it('refuses to walk another app', async () => {
  vi.stubEnv('TENURE_APPS', 'drift,pipedrive');
  await expect(prepare({ apps: ['drift', 'drata'] })).rejects.toThrow(
    'input.apps.1: must be an app that the company has (TENURE_APPS): pipedrive, drift',
  );
});

it('lets nobody fix more than the deployment allows', async () => {
  const fix = ['leaver_can_log_in'];
  expect((await prepare({ fix })).mostFixes).toBe(25);
  expect((await prepare({ fix, mostFixes: 500 })).mostFixes).toBe(500);
  vi.stubEnv('RECONCILE_MOST_FIXES', '10');
  expect((await prepare({ fix })).mostFixes).toBe(10);
  await expect(prepare({ fix, mostFixes: 11 })).rejects.toThrow('this deployment allows 10 at the most');
  vi.stubEnv('RECONCILE_MOST_FIXES', '0');
  await expect(prepare({ fix })).rejects.toThrow('this deployment offboards nobody by itself');
  expect(await prepare({})).toMatchObject({ fix: [] });
});
