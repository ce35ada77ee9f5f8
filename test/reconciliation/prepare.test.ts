import type { Context } from 'aws-lambda';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { handler } from '../../functions/reconciliation/prepare.ts';
import { APPS } from '../../functions/shared/apps.ts';
import { logger } from '../../functions/shared/logger.ts';

const CONTEXT_OF_LAMBDA: Context = {
  callbackWaitsForEmptyEventLoop: false,
  functionName: 'step',
  functionVersion: '1',
  invokedFunctionArn: 'arn:aws:lambda:eu-central-1:111122223333:function:step',
  memoryLimitInMB: '128',
  awsRequestId: 'r-1',
  logGroupName: 'step',
  logStreamName: 'step',
  getRemainingTimeInMillis: () => 30_000,
  done: () => {},
  fail: () => {},
  succeed: () => {},
};

beforeEach(() => logger.setLogLevel('SILENT'));
afterEach(() => {
  vi.unstubAllEnvs();
});

const prepare = (input: object) =>
  handler({ input, run: 'nightly', startedAt: '2026-01-05T02:00:00Z' }, CONTEXT_OF_LAMBDA);

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
