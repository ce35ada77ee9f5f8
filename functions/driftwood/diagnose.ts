import { diagnoseStep } from '../doctor/diagnose-step.ts';
import { ok, unknown, wrong } from '../doctor/diagnosis.ts';
import type { Examination } from '../doctor/examination.ts';
import { deactivatedCheck } from '../doctor/found.ts';
import { type HttpOptions, vendorHttp } from '../vendor/http.ts';
import { driftwoodRest } from './surface.ts';
import { UserPage } from './users.ts';

const PAGE_SIZE = 100;

const listUsers = (options: HttpOptions, limit: number) =>
  vendorHttp(driftwoodRest, options).request({
    operation: 'diagnose',
    // A list, although it is a POST: https://docs.driftwoodapp.com/api/users/ (users-list)
    method: 'POST',
    path: '/users-list',
    body: { limit, offset: 0 },
    answer: UserPage,
  });

const examination: Examination = {
  rest: () => driftwoodRest,
  ask: (_dialect, options) => listUsers(options, 1),
  look: async (_dialect, options) => {
    const { users } = await listUsers(options, PAGE_SIZE);
    return [
      unknown('owner', 'Driftwood does not tell whose token it is'),
      ok('admin', 'reads users'),
      deactivatedCheck(
        users,
        users.filter(({ deactivated_at }) => typeof deactivated_at === 'string').length,
      ),
    ];
  },
  dialectCheck: async (dialect, { credential }) => {
    const { kind } = await credential.token();
    if (dialect === 'guide' || kind === 'oauth') return ok('dialect', dialect);
    return wrong('dialect', 'a fixed token ends after 15 minutes', 'store what renews it');
  },
};

export const handler = diagnoseStep('DriftwoodDiagnose', examination);
