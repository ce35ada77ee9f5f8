import { describe, expect, it } from 'vitest';
import { APP_DESCRIPTIONS } from '../../functions/app-descriptions.ts';
import { appsToRescind, type RunOfPerson, readRunsOfPerson } from '../../functions/runs/rescind.ts';
import { APPS, type App } from '../../functions/shared/apps.ts';
import { type AppReport, runStatus } from '../../functions/shared/report.ts';
import type { Workflow } from '../../functions/shared/workflow.ts';
import type { RunRow } from '../../functions/tables/identity-store.ts';

type Did =
  | 'changed'
  | 'already'
  | 'in line'
  | 'failed'
  | 'failed after'
  | 'failed making'
  | 'unseen'
  | 'left';

/**
 * What an app's report says after a run that changed the login there, found it as wanted, brought only name or address
 * in line, or failed: on its way to the login, after it was found as wanted, at making it, or before it had looked; or shut
 * it and left records.
 */
function appReport(workflow: Workflow, app: App, did: Did): AppReport {
  const { shut, provision } = APP_DESCRIPTIONS[app].phases;
  const write = workflow === 'offboarding' ? shut.at(-1) : provision[1];
  const step = (typeof write === 'string' ? write : write?.notFound) ?? '';
  const login = workflow === 'offboarding' ? 'shut' : 'opened';
  const what = 'user changed';
  const changes = { changed: [{ what, login } as const], 'in line': [{ what }] };
  const facts = { app, vendorUserId: '1', changes: [], followUps: [] };
  const error = { name: 'VendorUnavailableError', message: '' };
  const already = { step, status: 'already_done', ms: 1 } as const;
  const found = { step: 'Find', status: 'found', ms: 1 } as const;
  if (did === 'failed') return { ...facts, status: 'failed', steps: [], error };
  if (did === 'left') return { ...facts, status: 'shut', steps: [found, already], error };
  if (did === 'unseen') return { ...facts, vendorUserId: null, status: 'failed', steps: [], error };
  if (did === 'failed making')
    return {
      ...facts,
      vendorUserId: null,
      status: 'failed',
      steps: [{ ...found, status: 'not_found' }],
      error,
    };
  if (did === 'failed after') return { ...facts, status: 'failed', steps: [found, already], error };
  if (did === 'already') return { ...facts, status: 'already_done', steps: [already] };
  return { ...facts, status: 'done', steps: [{ ...already, status: 'changed' }], changes: changes[did] };
}

let count = 0;

function ran(
  workflow: Workflow,
  apps: Partial<Record<App, Did>>,
  more: Partial<RunOfPerson> = {},
): RunOfPerson {
  count += 1;
  const startedAt = new Date(Date.UTC(2026, 0, count)).toISOString();
  const reports = APPS.flatMap((app) => {
    const did = apps[app];
    return did === undefined ? [] : [appReport(workflow, app, did)];
  });
  const report = { workflow, employeeId: 'E-1', email: 'a@northlight.example', apps: reports };
  return {
    ...{ workflow, execution: `run-${count}`, startedAt, warning: null, trying: {} },
    report: { ...report, status: runStatus(reports) },
    employeeId: 'E-1',
    ...more,
  };
}

const HIRED = () => ran('onboarding', { driftwood: 'changed', pipedrive: 'changed' });
const LEFT = () => ran('offboarding', { driftwood: 'changed', pipedrive: 'changed' });

describe('what a rescinded termination brings back', () => {
  it('is what was shut since the last hire, and not what was shut before', () => {
    expect(appsToRescind([HIRED(), LEFT()], 'onboarding')).toEqual(['pipedrive', 'driftwood']);
    const left = ran('offboarding', { driftwood: 'changed', pipedrive: 'already' });
    expect(appsToRescind([HIRED(), left], 'onboarding')).toEqual(['driftwood']);
    expect(appsToRescind([LEFT(), HIRED()], 'onboarding')).toEqual([]);
  });

  it('is what several terminations have shut, each app once', () => {
    const more = ran('offboarding', { drift: 'changed', driftwood: 'already' });
    expect(appsToRescind([HIRED(), LEFT(), more], 'onboarding')).toEqual(['pipedrive', 'driftwood', 'drift']);
  });

  it('is still what the attempt before it could not bring back', () => {
    const attempt = ran('onboarding', { driftwood: 'changed', pipedrive: 'failed' });
    expect(appsToRescind([HIRED(), LEFT(), attempt], 'onboarding')).toEqual(['pipedrive']);
    const second = ran('onboarding', { pipedrive: 'changed' });
    expect(appsToRescind([HIRED(), LEFT(), attempt, second], 'onboarding')).toEqual([]);
  });
});

describe('what a rescinded hire shuts', () => {
  it('is what the hire opened, and not what was open before', () => {
    const hired = ran('onboarding', { driftwood: 'changed', pipedrive: 'already' });
    expect(appsToRescind([hired], 'offboarding')).toEqual(['driftwood']);
    const found = ran('onboarding', { driftwood: 'failed after', pipedrive: 'in line', drift: 'failed' });
    expect(appsToRescind([found], 'offboarding')).toEqual(['drift']);
    expect(appsToRescind([HIRED(), LEFT()], 'offboarding')).toEqual([]);
  });

  it('is what the hire may have made before it failed', () => {
    const hired = ran('onboarding', { driftwood: 'failed making', pipedrive: 'unseen' });
    expect(appsToRescind([hired], 'offboarding')).toEqual(['driftwood']);
  });

  it('is still what the attempt before it could not shut', () => {
    const attempt = ran('offboarding', { driftwood: 'changed', pipedrive: 'failed' });
    expect(appsToRescind([HIRED(), attempt], 'offboarding')).toEqual(['pipedrive']);
    const leaving = ran('offboarding', { driftwood: 'changed', pipedrive: 'left' });
    expect(appsToRescind([HIRED(), leaving], 'offboarding')).toEqual([]);
    const taking = { ...leaving, rescinds: true };
    expect(appsToRescind([HIRED(), taking], 'offboarding')).toEqual(['pipedrive']);
  });

  it('is not what a change of facts has touched, nor what a superseded run would have', () => {
    const update = ran('update', { driftwood: 'changed' });
    const late: RunOfPerson = { ...LEFT(), report: { ...report(LEFT()), status: 'superseded', apps: [] } };
    expect(appsToRescind([HIRED(), update, late], 'offboarding')).toEqual(['pipedrive', 'driftwood']);
  });
});

describe('what was taken back before', () => {
  const taken = { rescinds: true };
  const all = { driftwood: 'changed', pipedrive: 'changed' } as const;

  it('is no termination: nothing of a hire that was taken back comes back', () => {
    const hireTakenBack = ran('offboarding', all, taken);
    expect(appsToRescind([HIRED(), hireTakenBack], 'onboarding')).toEqual([]);
    expect(appsToRescind([HIRED(), LEFT(), hireTakenBack], 'onboarding')).toEqual([]);
  });

  it('is no hire: what was open before it stays open when the hire is taken back too', () => {
    const hired = ran('onboarding', { driftwood: 'already', pipedrive: 'changed' });
    const terminationTakenBack = ran('onboarding', all, taken);
    expect(appsToRescind([hired, LEFT(), terminationTakenBack], 'offboarding')).toEqual(['pipedrive']);
  });
});

it('a termination is taken back that never was: the hire can still be taken back', () => {
  const nothing = ran('onboarding', {}, { rescinds: true });
  expect(appsToRescind([HIRED(), nothing], 'offboarding')).toEqual(['pipedrive', 'driftwood']);
});

describe('runs under several ids', () => {
  const as = (employeeId: string) => ({ employeeId });
  const all = { driftwood: 'changed', pipedrive: 'changed' } as const;

  it('count together, in their order', async () => {
    const [first, second] = [HIRED(), ran('offboarding', all, as('N-1'))];
    const rows: Record<string, RunRow[]> = { 'E-1': [first], 'N-1': [second] };
    const runs = await readRunsOfPerson({ readRuns: async (id) => rows[id] ?? [] }, ['N-1', 'E-1', 'N-1']);
    expect(runs).toEqual([first, second]);
    expect(appsToRescind(runs, 'onboarding')).toEqual(['pipedrive', 'driftwood']);
    expect(appsToRescind([first], 'offboarding')).toEqual(['pipedrive', 'driftwood']);
  });

  it('are no question to who takes back the hire under the new one, whether it has begun or not', () => {
    const again = ran('onboarding', { driftwood: 'already', pipedrive: 'already' }, as('N-1'));
    expect(appsToRescind([HIRED(), again], 'offboarding')).toEqual([]);
    const waited = { ...again, report: { ...report(again), status: 'superseded' as const, apps: [] } };
    expect(appsToRescind([HIRED(), waited], 'offboarding')).toEqual([]);
  });
});

function report({ report: written }: RunRow) {
  if (written === null) throw new Error('The run has no report.');
  return written;
}
