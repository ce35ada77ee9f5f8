import { diagnoseStep } from '../doctor/diagnose-step.ts';
import { ok, unknown } from '../doctor/diagnosis.ts';
import type { Examination } from '../doctor/examination.ts';
import { deactivatedCheck } from '../doctor/found.ts';
import type { Dialect } from '../vendor/dialect.ts';
import { type HttpOptions, vendorHttp } from '../vendor/http.ts';
import { guideCalls } from './guide/calls.ts';
import { liveCalls } from './live/calls.ts';
import { driftRest } from './rest.ts';
import { driftScim } from './scim.ts';

const operation = 'diagnose';

const connect = (dialect: Dialect, rest: HttpOptions) => {
  const http = vendorHttp(driftRest(dialect), rest);
  return dialect === 'live' ? liveCalls(http, 1) : guideCalls(http, 1);
};

const examination: Examination = {
  rest: driftRest,
  scim: driftScim,
  ask: (dialect, rest) => connect(dialect, rest).listAgents(operation, ''),
  look: async (dialect, rest) => {
    const { owned } = connect(dialect, rest);
    await owned.listPage(operation, owned.first);
    return [
      unknown('owner', 'Drift does not tell whose token it is'),
      ok('admin', `reads agents and ${owned.what}`),
    ];
  },
  lookAtScim: async (scim) => {
    const { items } = await scim.listUsers(operation, 1);
    return [deactivatedCheck(items, items.filter(({ active }) => active === false).length, 'scim')];
  },
};

export const handler = diagnoseStep('DriftDiagnose', examination);
