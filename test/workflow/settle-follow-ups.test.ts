import { afterAll, beforeAll, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { asking } from '../../functions/shared/asks.ts';
import type { AppReport, Report } from '../../functions/shared/report.ts';
import { FollowUp } from '../../functions/tables/follow-up-store.ts';
import { type IdentityStore, identityStore } from '../../functions/tables/identity-store.ts';
import { isSettled, settleFollowUps } from '../../functions/workflow/settle-follow-ups.ts';
import { IDENTITY_TABLE } from '../../local/aws/tables.ts';
import { type Services, startServices } from '../../local/runtime/services.ts';

let services: Services;
let store: IdentityStore;

beforeAll(async () => {
  services = await startServices({});
  store = identityStore(IDENTITY_TABLE);
});
afterAll(() => services.close());

const app = (status: AppReport['status'], followUps: string[] = []): AppReport => ({
  ...{ app: 'pipedrive', status, vendorUserId: null, steps: [], changes: [] },
  ...{ followUps, asks: asking('event', followUps).asks },
});
const report = (status: Report['status'], one: AppReport, followUps: string[] = []): Report => ({
  ...{ workflow: 'offboarding', employeeId: 'E-1', email: '', status },
  ...{ apps: [one], followUps },
});
const AGAIN = 'Let the termination come again.';
// What it says decides nothing.
const BY_HAND = 'Look at the cadences, and send the termination again.';

it.each<[boolean, string, string, 'high' | 'normal', Report]>([
  [true, 'a login that is shut by now', BY_HAND, 'high', report('partial', app('shut'))],
  [false, 'a login that is open still', BY_HAND, 'high', report('failed', app('failed'))],
  [false, 'a login that is held', BY_HAND, 'high', report('held', app('held'))],
  [false, 'work that no run can see', BY_HAND, 'normal', report('complete', app('already_done'))],
  [true, 'what a repeat has done', AGAIN, 'normal', report('complete', app('done'))],
  [false, 'what a repeat has done in part', AGAIN, 'normal', report('partial', app('shut'))],
  [false, 'what a repeat leaves again', AGAIN, 'normal', report('complete', app('done', [AGAIN]))],
  [false, 'what a superseded run has not looked at', AGAIN, 'normal', report('superseded', app('done'))],
])('%s: closes %s', (expected, _, text, urgency, later) => {
  const asks = text === AGAIN ? 'event' : null;
  expect(isSettled({ app: 'pipedrive', text, urgency, asks }, later)).toBe(expected);
});

it('closes nothing in an app that the later run is not about', () => {
  const later = report('complete', app('done'));
  expect(isSettled({ app: 'drift', text: AGAIN, urgency: 'high', asks: 'event' }, later)).toBe(false);
});

it('records the later run as who has closed it, and leaves the rest and older repeats alone', async () => {
  const first = {
    workflow: 'offboarding',
    execution: 'run-1',
    startedAt: '2026-11-01T08:00:00.000Z',
  } as const;
  const second = { ...first, execution: 'run-2', startedAt: '2026-11-02T08:00:00.000Z' } as const;
  const unknown = 'Find out who it is. Correct the event and send it again.';
  await store.writeReport(first, {
    ...report('failed', app('failed', [AGAIN]), [unknown, BY_HAND]),
    asks: { [unknown]: 'event' },
  });
  const later = report('complete', app('done'));
  await store.writeReport(second, later);
  await settleFollowUps(store, first, report('complete', app('done')), '2026-11-02T08:01:00.000Z');
  const at = '2026-11-02T09:00:00.000Z';
  await settleFollowUps(store, second, later, at);
  await settleFollowUps(store, second, later, '2026-11-02T10:00:00.000Z');
  const done = new Map((await store.followUps.ofRun(first)).map((one) => [one.text, one.done]));
  expect(done.get(AGAIN)).toEqual({ by: 'run-2', at, note: 'A later run has done it.' });
  expect(done.get(unknown)).toMatchObject({ by: 'run-2' });
  expect(done.get(BY_HAND)).toBeNull();
});

it('reads what was kept before follow-ups said what they ask for, and leaves it to a person', () => {
  const old = z.parse(FollowUp, {
    ...{ id: '2026-01-01', text: AGAIN, app: 'pipedrive', employeeId: 'E-1', run: 'run-1' },
    ...{ urgency: 'normal', status: 'open', done: null },
  });
  expect(isSettled(old, report('complete', app('done')))).toBe(false);
});
