import { diagnoseStep } from '../doctor/diagnose-step.ts';
import { ok, unknown, wrong } from '../doctor/diagnosis.ts';
import type { Examination } from '../doctor/examination.ts';
import { deactivatedCheck } from '../doctor/found.ts';
import { rolesNamedByPolicy } from '../hr/named-roles.ts';
import { realSleep } from '../shared/sleep.ts';
import type { Check } from '../tables/diagnosis-store.ts';
import type { Dialect } from '../vendor/dialect.ts';
import type { HttpOptions } from '../vendor/http.ts';
import { secretName } from '../vendor/surface.ts';
import { pipedriveRestSurface } from './app.ts';
import { connectRest } from './connect-rest.ts';
import { pipedriveRest, pipedriveScim } from './surfaces.ts';

const operation = 'diagnose';

const connect = (dialect: Dialect, rest: HttpOptions, pageSize?: number) =>
  connectRest({ sleep: realSleep, dialect, rest, ...(pageSize === undefined ? {} : { pageSize }) });

const examination: Examination = {
  rest: pipedriveRest,
  scim: pipedriveScim,
  ask: async (dialect, rest) => {
    const { readUser, records } = connect(dialect, rest, 1);
    await readUser(operation, 'me');
    // Users are on the same version of the API in both dialects.
    await records.deals.listAt(operation, null, records.deals.first);
  },
  look: async (dialect, rest) => {
    const calls = connect(dialect, rest);
    const { id, isAdmin } = await calls.readUser(operation, 'me');
    const { items } = await calls.listUsersAt(operation, calls.firstUsers);
    const roles = (await calls.listRoles(operation)).map(({ name }) => name);
    return [
      ok('owner', `user ${id}`),
      isAdmin
        ? ok('admin', 'admin')
        : wrong('admin', "no admin's token", `replace ${secretName(pipedriveRestSurface)}`),
      deactivatedCheck(items, items.filter(({ isActive }) => isActive === false).length),
      rolesCheck(roles, 'role'),
    ];
  },
  lookAtScim: async (scim) => {
    const groups = await scim.listGroups(operation);
    return [
      {
        ...rolesCheck(
          groups.map(({ displayName }) => displayName),
          'SCIM group',
        ),
        surface: 'scim',
      },
    ];
  },
};

function rolesCheck(names: readonly string[], what: string): Check {
  const wanted = rolesNamedByPolicy('pipedrive');
  if (wanted === null) return unknown('roles', 'no policy that can be used is given');
  const missing = wanted.filter((role) => names.filter((name) => name === role).length !== 1);
  const [first] = missing;
  if (first === undefined) return ok('roles', `all ${wanted.length} roles of the policy`);
  const count = names.filter((name) => name === first).length;
  return wrong('roles', `${count === 0 ? 'no' : count} ${what} "${first}"`, 'add it, or mend the policy');
}

export const handler = diagnoseStep('PipedriveDiagnose', examination);
