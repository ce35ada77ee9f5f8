import { expect, it } from 'vitest';
import {
  Outcome,
  pendingOutcome,
  type StepResult,
  tellingLogin,
  withStep,
} from '../../functions/shared/outcome.ts';

/** That a step began with this hour, and how many milliseconds later it ended. */
function lasting(ms: number) {
  const startedAt = new Date('2026-11-29T10:00:00Z');
  const endedAt = new Date(startedAt.getTime() + ms);
  return { startedAt, endedAt, attempts: 1, vendorRequestId: null };
}

const found = withStep(pendingOutcome({ followUps: ['Look at the cadences.'] }), 'Find', lasting(12), {
  status: 'found',
  account: { vendorUserId: '7' },
});

it('begins pending, with nothing found', () => {
  expect(pendingOutcome()).toEqual({
    status: 'pending',
    account: null,
    others: [],
    steps: [],
    changes: [],
    followUps: [],
    asks: {},
    unwritten: [],
    held: [],
  });
});

it('has the status of the last step and a line for each', () => {
  const { status, steps } = withStep(found, 'Deactivate', lasting(34), { status: 'changed' });
  expect(status).toBe('changed');
  expect(steps).toEqual([
    {
      step: 'Find',
      status: 'found',
      startedAt: '2026-11-29T10:00:00.000Z',
      endedAt: '2026-11-29T10:00:00.012Z',
      ms: 12,
      attempts: 1,
    },
    {
      step: 'Deactivate',
      status: 'changed',
      startedAt: '2026-11-29T10:00:00.000Z',
      endedAt: '2026-11-29T10:00:00.034Z',
      ms: 34,
      attempts: 1,
    },
  ]);
});

it('keeps the account when a step says nothing about it', () => {
  expect(withStep(found, 'Deactivate', lasting(1), { status: 'changed' }).account).toEqual({
    vendorUserId: '7',
  });
});

it('forgets the account when a step says that there is none', () => {
  expect(withStep(found, 'Find', lasting(1), { status: 'not_found', account: null }).account).toBeNull();
});

it('collects changes and follow-ups, each follow-up once', () => {
  const once = withStep(found, 'A', lasting(1), {
    status: 'changed',
    changes: [{ what: 'user deactivated', login: 'shut' }],
    followUps: ['Look at the cadences.', 'Tell Mara.'],
  });
  const twice = withStep(once, 'B', lasting(1), {
    status: 'changed',
    changes: [{ what: 'contacts reassigned', moved: 6, remaining: 0 }],
    followUps: ['Tell Mara.'],
  });
  expect(twice.changes.map(({ what }) => what)).toEqual(['user deactivated', 'contacts reassigned']);
  expect(twice.followUps).toEqual(['Look at the cadences.', 'Tell Mara.']);
});

it('leaves the outcome before it as it was', () => {
  const before = structuredClone(found);
  withStep(found, 'B', lasting(1), {
    status: 'changed',
    account: null,
    changes: [{ what: 'x' }],
    followUps: ['y'],
  });
  expect(found).toEqual(before);
});

it('keeps every id of the account on its way through JSON', () => {
  const account = { vendorUserId: 'a-1', scimId: 's-1' };
  const outcome = withStep(pendingOutcome(), 'Find', lasting(1), { status: 'found', account });
  expect(Outcome.parse(JSON.parse(JSON.stringify(outcome)))).toEqual(outcome);
});

const seen = (wasOpen: boolean): Outcome => ({ ...found, account: { vendorUserId: '7', wasOpen } });
const ABSENT: Outcome = { ...pendingOutcome(), status: 'not_found' };
const DONE = { status: 'already_done', account: { vendorUserId: '7' } } as const;

it.each([
  { workflow: 'onboarding', outcome: ABSENT, login: 'opened' },
  { workflow: 'onboarding', outcome: seen(false), login: 'opened' },
  { workflow: 'onboarding', outcome: seen(true), login: undefined },
  { workflow: 'offboarding', outcome: seen(true), login: 'shut' },
  { workflow: 'offboarding', outcome: seen(false), login: undefined },
  { workflow: 'offboarding', outcome: ABSENT, login: undefined },
  { workflow: 'update', outcome: seen(false), login: undefined },
])('tells of a login in the $workflow: $login', ({ login, ...item }) => {
  expect(tellingLogin(item, DONE).changes?.[0]?.login).toBe(login);
});

it('tells of a login once, and of none that is not through', () => {
  const item = { workflow: 'offboarding', outcome: seen(true) };
  const told: StepResult = { ...DONE, changes: [{ what: 'user deactivated', login: 'shut' }] };
  const others: StepResult[] = [{ status: 'found' }, { status: 'held' }, { status: 'incomplete' }];
  for (const result of [told, ...others]) expect(tellingLogin(item, result)).toEqual(result);
  const after = withStep(item.outcome, 'Deactivate', lasting(1), told);
  expect(tellingLogin({ ...item, outcome: after }, { status: 'not_needed' })).toEqual({
    status: 'not_needed',
  });
});

it('keeps how the login was seen first, whoever looks again', () => {
  const again = { status: 'found', account: { vendorUserId: '7', wasOpen: false } } as const;
  expect(withStep(seen(true), 'Find', lasting(1), again).account?.wasOpen).toBe(true);
});
