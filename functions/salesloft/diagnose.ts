import * as z from 'zod/mini';
import { diagnoseStep } from '../doctor/diagnose-step.ts';
import { ok, unknown, wrong } from '../doctor/diagnosis.ts';
import type { Examination } from '../doctor/examination.ts';
import { deactivatedCheck } from '../doctor/found.ts';
import type { Check } from '../tables/diagnosis-store.ts';
import type { Dialect } from '../vendor/dialect.ts';
import { type HttpOptions, vendorHttp } from '../vendor/http.ts';
import { secretName } from '../vendor/surface.ts';
import { salesloftRestSurface } from './app.ts';
import { guideCalls } from './guide/calls.ts';
import { liveCalls } from './live/calls.ts';
import { salesloftRest, salesloftScim } from './surfaces.ts';

const operation = 'diagnose';
const PAGE_SIZE = 100;

const Id = z.pipe(z.union([z.string(), z.number()]), z.transform(String));
const Role = z.object({ id: z.optional(Id), name: z.optional(z.string()) });
const Me = z.object({ data: z.object({ id: Id, role: z.optional(z.nullable(Role)) }) });

const connect = (dialect: Dialect, rest: HttpOptions, pageSize: number) => {
  const http = vendorHttp(salesloftRest(dialect), rest);
  return { http, calls: dialect === 'live' ? liveCalls(http, pageSize) : guideCalls(http, pageSize) };
};

/** What only one of the dialects has: https://developers.salesloft.com/docs/api */
const ONLY_IN: Record<Dialect, string> = { guide: '/pending_email_accounts', live: '/custom_roles' };

const examination: Examination = {
  rest: salesloftRest,
  scim: salesloftScim,
  ask: async (dialect, rest) => {
    const { http, calls } = connect(dialect, rest, 1);
    await calls.listPage(operation, 1);
    const query = { page: 1, per_page: 1 };
    await http.request({ operation, method: 'GET', path: ONLY_IN[dialect], query, answer: z.unknown() });
  },
  look: async (dialect, rest) => {
    const connected = connect(dialect, rest, PAGE_SIZE);
    const { items } = await connected.calls.listPage(operation, 1);
    return [
      ...(await ownerChecks(connected)),
      deactivatedCheck(items, items.filter(({ active }) => active === false).length),
    ];
  },
};

async function ownerChecks({ http, calls }: ReturnType<typeof connect>): Promise<Check[]> {
  // https://developers.salesloft.com/docs/api/me-index
  const { data } = await http.request({ operation, method: 'GET', path: '/me', answer: Me });
  const owner = ok('owner', `user ${data.id}`);
  const role = await calls.readRole(operation, data);
  if (role === undefined || role === null)
    return [owner, unknown('admin', 'SalesLoft does not tell the role')];
  if (/admin/i.test(role)) return [owner, ok('admin', 'admin')];
  return [owner, wrong('admin', "no admin's token", `replace ${secretName(salesloftRestSurface)}`)];
}

export const handler = diagnoseStep('SalesloftDiagnose', examination);
