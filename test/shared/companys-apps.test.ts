import { afterEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod/mini';
import { APPS } from '../../functions/shared/apps.ts';
import { appsFromEnvironment, companysApps } from '../../functions/shared/companys-apps.ts';
import { HiredDetail, HrEvent, TerminatedDetail } from '../../functions/shared/events.ts';
import { describeIssues } from '../../functions/shared/issues.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('the apps of a deployment', () => {
  it.each([
    ['not set', undefined, APPS],
    ['empty', '', APPS],
    ['one app', 'drift', ['drift']],
    ['apps in another order, with blanks', ' driftwood , pipedrive,', ['pipedrive', 'driftwood']],
    ['an app twice', 'drata,drata', ['drata']],
  ])('with TENURE_APPS %s', (_, TENURE_APPS, apps) => {
    expect(appsFromEnvironment({ TENURE_APPS })).toEqual(apps);
  });

  it('say what is wrong with TENURE_APPS', () => {
    expect(() => appsFromEnvironment({ TENURE_APPS: 'drift,slack' })).toThrow(
      `TENURE_APPS: must name apps of ${APPS.join(', ')}, separated by commas`,
    );
  });
});

describe('the apps on a laptop', () => {
  it('are all, simulated, where nothing is set', () => {
    expect(companysApps({}, [])).toEqual(APPS);
    expect(companysApps({ TENURE_APPS: ' ' }, [])).toEqual(APPS);
  });

  it('are those with a base URL, once there is one', () => {
    expect(companysApps({}, ['drata', 'drift'])).toEqual(['drata', 'drift']);
  });

  it('are those that are named, whether real or not', () => {
    const environment = { TENURE_APPS: 'drift,driftwood' };
    expect(companysApps(environment, [])).toEqual(['drift', 'driftwood']);
    expect(companysApps(environment, ['drift', 'drata'])).toEqual(['drift', 'driftwood']);
  });
});

describe('events of a company with two apps', () => {
  const terminated = {
    employee: { employeeId: 'E-1003', email: 'ann.lee@northlight.example' },
    lastWorkingDay: '2026-11-30',
    timeZone: 'Europe/Berlin',
    when: 'now',
  };
  const hired = (...apps: string[]) => ({
    employee: {
      employeeId: 'E-1006',
      email: 'zoe.muller@northlight.example',
      firstName: 'Zoë',
      lastName: 'Müller',
      startDate: '2026-12-01',
    },
    apps: apps.map((app) => ({ app })),
  });
  const appsOf = (input: unknown) => z.parse(TerminatedDetail, input).apps.map(({ app }) => app);
  const hireIssues = (...apps: string[]) => {
    const { error } = z.safeParse(HiredDetail, hired(...apps));
    return error === undefined ? [] : describeIssues(error);
  };

  it('a termination without apps means these', () => {
    vi.stubEnv('TENURE_APPS', 'pipedrive,drift');
    expect(appsOf(terminated)).toEqual(['pipedrive', 'drift']);
    vi.stubEnv('TENURE_APPS', '');
    expect(appsOf(terminated)).toEqual(APPS);
  });

  it('a termination that names another app is taken, since the rest must not stay open', () => {
    vi.stubEnv('TENURE_APPS', 'pipedrive,drift');
    expect(appsOf({ ...terminated, apps: [{ app: 'drata' }, { app: 'drift' }] })).toEqual(['drata', 'drift']);
  });

  it('a hire that names another app is bad input, and told which there are', () => {
    vi.stubEnv('TENURE_APPS', 'pipedrive,drift');
    expect(hireIssues('drift', 'pipedrive')).toEqual([]);
    expect(hireIssues('drift', 'drata')).toEqual([
      'apps.1.app: must be an app that the company has (TENURE_APPS): pipedrive, drift',
    ]);
    const event = { id: 'e-1', source: 'hr', time: '2026-11-20T09:00:00Z', 'detail-type': 'employee.hired' };
    const { error } = z.safeParse(HrEvent, { ...event, detail: hired('drata') });
    expect(error === undefined ? [] : describeIssues(error)).toEqual([
      'detail.apps.0.app: must be an app that the company has (TENURE_APPS): pipedrive, drift',
    ]);
    vi.stubEnv('TENURE_APPS', '');
    expect(hireIssues('drift', 'drata')).toEqual([]);
  });
});
