import * as z from 'zod/mini';
import { diagnoseStep } from '../doctor/diagnose-step.ts';
import { ok, unknown } from '../doctor/diagnosis.ts';
import type { Examination } from '../doctor/examination.ts';
import { deactivatedCheck } from '../doctor/found.ts';
import type { Dialect } from '../vendor/dialect.ts';
import { type HttpOptions, vendorHttp } from '../vendor/http.ts';
import { guideCalls } from './guide/calls.ts';
import { liveCalls } from './live/calls.ts';
import { drataRest } from './surface.ts';

const operation = 'diagnose';
const PAGE_SIZE = 100;

const connect = (dialect: Dialect, rest: HttpOptions, pageSize: number) => {
  const http = vendorHttp(drataRest(dialect), rest);
  return { http, calls: dialect === 'live' ? liveCalls(http, pageSize) : guideCalls(http, pageSize) };
};

const examination: Examination = {
  rest: drataRest,
  ask: async (dialect, rest) => {
    const { calls } = connect(dialect, rest, 1);
    await calls.listAt(operation, calls.firstPosition);
  },
  look: async (dialect, rest) => {
    const { http, calls } = connect(dialect, rest, PAGE_SIZE);
    const { data } = await calls.listAt(operation, calls.firstPosition);
    // https://developers.drata.com/openapi/reference/v2/operation/WorkspacesPublicV2Controller_listWorkspaces/
    const asked =
      dialect === 'live'
        ? { path: '/workspaces', query: { size: 1 } }
        : { path: '/controls', query: { limit: 1 } };
    await http.request({ operation, method: 'GET', ...asked, answer: z.unknown() });
    return [
      unknown('owner', 'Drata does not tell whose key it is'),
      ok('admin', 'reads personnel and controls'),
      deactivatedCheck(data, data.filter(({ isActive }) => isActive === false).length),
    ];
  },
};

export const handler = diagnoseStep('DrataDiagnose', examination);
