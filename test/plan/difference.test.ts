import { expect, it } from 'vitest';
import { differenceOf } from '../../functions/plan/difference.ts';
import { withId } from '../../functions/plan/with-id.ts';
import type { AppPlan, Plan } from '../../functions/shared/plan.ts';

const inPipedrive = (more: Partial<AppPlan>): AppPlan => ({
  ...{ app: 'pipedrive', account: '3', sentences: [], writes: [], followUps: [] },
  ...{ held: [], notKnown: [], failures: [], ...more },
});

const plan = (app: AppPlan, more: Partial<Plan> = {}): Plan =>
  withId('request', {
    ...{ workflow: 'offboarding', employeeId: 'E-1', status: 'go', moment: '2026-11-29T08:00:00.000Z' },
    ...{ held: [], apps: [app], ...more },
  });

const moves = (...ids: number[]) =>
  ids.map((id) => ({
    ...{ vendor: 'pipedrive' as const, operation: 'updateDeal', method: 'PUT' },
    ...{ path: `/deals/${id}`, body: { user_id: 1 } },
  }));

it('is none between plans that say the same, whenever they begin', () => {
  const now = plan(inPipedrive({}), { moment: '2026-11-30T08:00:00.000Z' });
  expect(differenceOf(plan(inPipedrive({})), now)).toEqual([]);
});

it('names what would not be done now, and what would be done instead', () => {
  const planned = plan(inPipedrive({ sentences: ['deactivate user 3'], writes: moves(1) }));
  const now = plan(
    inPipedrive({ account: null, held: [{ kind: 'last_admin', app: 'pipedrive', detail: 'Last.' }] }),
    {
      status: 'held',
    },
  );
  expect(differenceOf(planned, now)).toEqual([
    { app: null, planned: ['status: go'], now: ['status: held'] },
    {
      app: 'pipedrive',
      planned: ['account: 3', 'deactivate user 3'],
      now: ['account: none yet', 'held: Last.'],
    },
  ]);
});

it('names the requests where as many others would be sent', () => {
  const sentences = ['give 1 open deals to user 1'];
  const [difference] = differenceOf(
    plan(inPipedrive({ sentences, writes: moves(1, 2) })),
    plan(inPipedrive({ sentences, writes: moves(2, 3) })),
  );
  expect(difference).toEqual({
    app: 'pipedrive',
    planned: ['PUT /deals/1 {"user_id":1}'],
    now: ['PUT /deals/3 {"user_id":1}'],
  });
});

it('stays readable where a thousand records differ', () => {
  const many = Array.from({ length: 1000 }, (_, id) => id);
  const [difference] = differenceOf(
    plan(inPipedrive({ writes: moves(...many) })),
    plan(inPipedrive({ writes: [] })),
  );
  expect(difference?.planned).toHaveLength(21);
  expect(difference?.planned.at(-1)).toBe('and 980 more');
});

it('names an app that only one of them has', () => {
  const planned = plan(inPipedrive({ sentences: ['deactivate user 3'] }));
  expect(differenceOf(planned, { ...plan(inPipedrive({}), { apps: [] }) })).toEqual([
    { app: 'pipedrive', planned: ['account: 3', 'deactivate user 3'], now: [] },
  ]);
});
