import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod/mini';
import { HiredEvent, type HrEvent } from '../../functions/shared/events.ts';
import { type Report, unreachedApp } from '../../functions/shared/report.ts';
import type { StepEnd } from '../../local/aws/engine.ts';
import { leapingClock } from '../../local/aws/leaping-clock.ts';
import { STATE_MACHINE_ARNS } from '../../local/aws/step-functions.ts';
import { type Ended, type Runtime, startRuntime } from '../../local/runtime/runtime.ts';
import { ZOE } from '../../local/vendors/company.ts';
import type { DrataPersonnel, DrataState } from '../../local/vendors/drata-state.ts';
import type { VendorServer } from '../../local/vendors/vendor-server.ts';
import { stubWideLimits } from '../wide-limits.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const SAMPLE = new URL('../../events/1-zoe-is-hired.json', import.meta.url);

let runtime: Runtime;
let drata: VendorServer<DrataState>;
let onStepEnd: (end: StepEnd) => void;

beforeEach(async () => {
  stubWideLimits(vi.stubEnv);
  onStepEnd = () => {};
  runtime = await startRuntime({
    delayScale: 0.0001,
    clock: leapingClock(),
    onStepEnd: (end) => onStepEnd(end),
  });
  if (runtime.vendors.drata === undefined) throw new Error('Drata is not simulated.');
  drata = runtime.vendors.drata;
});
afterEach(() => runtime.close());

const zoe = (): DrataPersonnel => {
  const found = drata.state.personnel.find(({ email }) => email === ZOE.email);
  if (found === undefined) throw new Error('Zoë is not seeded.');
  return found;
};

/** Zoë's hire, in Drata alone unless other apps are named too. */
function hire(
  ...others: { app: 'driftwood' | 'pipedrive'; role?: string }[]
): Extract<HrEvent, { 'detail-type': 'employee.hired' }> {
  const event = z.parse(HiredEvent, JSON.parse(readFileSync(SAMPLE, 'utf8')));
  return { ...event, detail: { ...event.detail, apps: [{ app: 'drata' }, ...others] } };
}

/** Plays the hire and all that follows. */
async function follow(event = hire()): Promise<Ended> {
  await runtime.play(event);
  const [ended, another] = await runtime.trainingFollowUps();
  if (ended === undefined || another !== undefined) throw new Error('Not exactly one follow-up was started.');
  return ended;
}

/** What a person sees at the hire: the report as it is now. */
async function followUps(): Promise<string[]> {
  const runs = await runtime.store.readRuns(ZOE.employeeId);
  const report: Report | null | undefined = runs.at(-1)?.report;
  return report?.apps.find(({ app }) => app === 'drata')?.followUps ?? ['no report'];
}

/** What each round was told, from now on. */
function watchRounds(): { now: string; status: string }[] {
  const rounds: { now: string; status: string }[] = [];
  onStepEnd = (end) => {
    if (end.step !== 'DrataCheckTraining' || 'error' in end) return;
    rounds.push({ ...z.parse(z.object({ now: z.string() }), end.event), status: end.status });
  };
  return rounds;
}

/** Does something once the first round is over. */
function afterFirstRound(act: () => void): void {
  let isDone = false;
  onStepEnd = ({ step }) => {
    if (step !== 'DrataCheckTraining' || isDone) return;
    isDone = true;
    act();
  };
}

describe('the follow-up of a hire in Drata', () => {
  it('asks at growing intervals until training and background check are complete', {
    tags: 'slow',
  }, async () => {
    const rounds = watchRounds();
    const { output, failure } = await follow();
    expect(failure).toBeNull();
    expect(output).toMatchObject({ personnelId: zoe().id, check: { status: 'complete', missing: [] } });
    const times = rounds.map(({ now }) => Date.parse(now));
    const hours = times.slice(1).map((time, index) => Math.round((time - (times[index] ?? 0)) / HOUR_MS));
    // The check passes after five days.
    expect(hours).toEqual([1, 2, 4, 8, 16, 24, 24, 24, 24]);
    expect(rounds.map(({ status }) => status)).toEqual([...Array(9).fill('pending'), 'complete']);
    expect(await followUps()).toEqual([]);
    const asked = drata.journal.filter(({ path }) => path.endsWith('/training'));
    expect(asked).toHaveLength(rounds.length);
  });

  it('names what is missing at the deadline, in the report and as the error of a failed execution', async () => {
    drata.state.progress.checkDays = null;
    const rounds = watchRounds();
    const { failure } = await follow();
    const [followUp = '', another] = await followUps();
    expect(another).toBeUndefined();
    expect(followUp).toMatch(
      new RegExp(
        `^Have Drata personnel ${zoe().id} complete what was due on \\d{4}-\\d\\d-\\d\\d: background check \\(PENDING\\)\\.$`,
      ),
    );
    expect(failure).toBe(`Left open for employee ${ZOE.employeeId}. ${followUp}`);
    const [first, last] = [rounds.at(0), rounds.at(-1)].map((round) => Date.parse(round?.now ?? ''));
    expect(rounds.at(-1)?.status).toBe('overdue');
    // The first round is an hour after the beginning.
    expect(Math.abs(Number(last) - Number(first) - (30 * DAY_MS - HOUR_MS))).toBeLessThan(60_000);
    expect(rounds.length).toBeLessThan(40);
  });

  it('counts the days from the first one, and asks before', { tags: 'slow' }, async () => {
    drata.state.progress.trainingDays = null;
    const event = hire();
    const firstDay = new Date(Date.now() + 40 * DAY_MS).toISOString().slice(0, 10);
    event.detail.employee.startDate = firstDay;
    const rounds = watchRounds();
    await follow(event);
    expect(rounds.some(({ now }) => now < firstDay)).toBe(true);
    expect(rounds.at(-1)?.now.slice(0, 10)).toBe(
      new Date(Date.parse(firstDay) + 30 * DAY_MS).toISOString().slice(0, 10),
    );
    expect((await followUps()).join()).toContain('training Security Awareness (ASSIGNED)');
  });

  it.each(['FAILED', 'EXPIRED'])('does not wait for a background check that is %s', async (status) => {
    Object.assign(drata.state.progress, { trainingDays: null, checkDays: 2, checkStatus: status });
    const rounds = watchRounds();
    const { failure } = await follow();
    expect(rounds.at(-1)?.status).toBe('refused');
    expect(rounds.length).toBeLessThan(10);
    expect(failure).toContain('waiting does not change it');
    expect((await followUps()).join()).toContain(`background check (${status})`);
  });

  it('goes on asking where a status is not known', { tags: 'slow' }, async () => {
    Object.assign(drata.state.progress, { checkDays: 1, checkStatus: 'NEEDS_REVIEW' });
    await follow();
    expect((await followUps()).join()).toContain('background check (NEEDS_REVIEW)');
  });

  it('ends without a follow-up for somebody who leaves meanwhile', async () => {
    afterFirstRound(() => Object.assign(zoe(), { isActive: false, endDate: '2026-12-31' }));
    const { output, failure } = await follow();
    expect(failure).toBeNull();
    expect(output).toMatchObject({ check: { status: 'left' } });
    expect(await followUps()).toEqual([]);
  });

  it('asks a person about a record that is gone', async () => {
    const { id } = zoe();
    afterFirstRound(() => {
      drata.state.personnel = drata.state.personnel.filter((personnel) => personnel.id !== id);
    });
    const { failure } = await follow();
    expect(failure).toContain(`Find out who removed personnel ${id} from Drata`);
    expect(await followUps()).toEqual([
      `Find out who removed personnel ${id} from Drata; its training cannot be followed up.`,
    ]);
  });

  it('waits while Drata refuses or is down', { tags: 'slow' }, async () => {
    Object.assign(drata.state.progress, { trainingDays: 0, checkDays: 0 });
    // Once, as tenure slows down after each.
    drata.inject({ path: /background-checks/, status: 429, headers: { 'retry-after': '0' }, times: 1 });
    drata.inject({ path: /training$/, status: 503, times: 5 });
    const { failure } = await follow();
    expect(failure).toBeNull();
    expect(drata.journal.filter(({ status }) => status === 429 || status === 503)).toHaveLength(6);
  });

  it('asks a person to look where Drata cannot be asked for good', async () => {
    drata.inject({ path: /background-checks/, status: 403 });
    const { failure } = await follow();
    expect(failure).toContain('VendorAuthError');
    expect(await followUps()).toEqual([
      expect.stringMatching(
        /^Look at the training .* in Drata; tenure could not read them: VendorAuthError: /,
      ),
    ]);
  });

  it('tells nobody’s name or address', { tags: 'slow' }, async () => {
    drata.state.progress.checkDays = null;
    const { output, failure } = await follow();
    const told = JSON.stringify([output, failure, await followUps()]);
    for (const personal of ['@', ZOE.firstName, ZOE.lastName]) expect(told).not.toContain(personal);
  });
});

describe('a follow-up that is started by hand', () => {
  const start = async (input: object) => {
    const [name, stateMachineArn] = ['by-hand', STATE_MACHINE_ARNS['training-follow-up']];
    await new SFNClient({}).send(
      new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }),
    );
    return (await runtime.trainingFollowUps()).find(({ run }) => run === name);
  };

  it('says again what is open, and the report has it once', { tags: 'slow' }, async () => {
    drata.state.progress.checkDays = null;
    const { failure } = await follow();
    const [day = ''] = failure?.match(/\d{4}-\d\d-\d\d/) ?? [];
    const { employeeId } = ZOE;
    const again = await start({ employeeId, personnelId: zoe().id, deadline: `${day}T00:00:00Z` });
    expect(again?.failure).toBe(failure);
    expect(await followUps()).toHaveLength(1);
  });

  it('goes into the report of the latest hire in Drata, and into no other', async () => {
    const { employeeId, email } = ZOE;
    const runs = [
      ['onboarding', 'drata'],
      ['onboarding', 'drata'],
      ['onboarding', 'driftwood'],
      ['offboarding', 'drata'],
    ] as const;
    for (const [index, [workflow, app]] of runs.entries()) {
      const run = { workflow, execution: `run-${index}`, startedAt: `2026-01-0${index + 1}T00:00:00.000Z` };
      const apps = [{ ...unreachedApp(app, { name: 'None', message: '' }), status: 'done' as const }];
      await runtime.store.writeReport(run, { workflow, employeeId, email, status: 'complete', apps });
    }
    await start({ employeeId, personnelId: zoe().id, deadline: '2026-01-02T00:00:00Z' });
    const reports = (await runtime.store.readRuns(employeeId)).map(
      ({ report }) => report?.apps[0]?.followUps,
    );
    expect(reports).toEqual([[], [expect.stringContaining('was due on 2026-01-02')], [], []]);
  });

  it('puts nothing but an id into a path', async () => {
    const input = {
      employeeId: ZOE.employeeId,
      personnelId: '../controls',
      deadline: '2027-01-01T00:00:00Z',
    };
    expect((await start(input))?.failure).toContain('personnelId: must be an id of Drata');
    expect(drata.journal).toEqual([]);
  });
});

describe('an onboarding', () => {
  it('starts one follow-up, however often the hire is played', async () => {
    await runtime.play(hire());
    await runtime.play(hire());
    await runtime.trainingFollowUps();
    await runtime.play(hire());
    expect(await runtime.trainingFollowUps()).toHaveLength(1);
    expect(await followUps()).toEqual([]);
  });

  it('starts it where another app failed, and not again when that is mended', { tags: 'slow' }, async () => {
    const event = hire({ app: 'pipedrive', role: 'No Such Role' });
    const report = await runtime.play(event);
    expect(report.status).toBe('partial');
    expect(await runtime.trainingFollowUps()).toHaveLength(1);
    await runtime.play(hire({ app: 'pipedrive' }));
    expect(await runtime.trainingFollowUps()).toHaveLength(1);
  });

  it('starts another when somebody is hired again', { tags: 'slow' }, async () => {
    await follow();
    const again = hire();
    again.detail.employee.startDate = '2027-01-04';
    await runtime.play(again);
    expect(await runtime.trainingFollowUps()).toHaveLength(2);
  });

  it('without Drata starts none', async () => {
    const event = hire();
    await runtime.play({ ...event, detail: { ...event.detail, apps: [{ app: 'driftwood' }] } });
    expect(await runtime.trainingFollowUps()).toEqual([]);
  });

  it('starts none where nothing is to be followed up', async () => {
    delete process.env.TRAINING_DUE_DAYS;
    expect((await runtime.play(hire())).status).toBe('complete');
    expect(await runtime.trainingFollowUps()).toEqual([]);
    expect(await followUps()).toEqual([]);
  });

  it('that failed in Drata starts none, although the record is known', async () => {
    drata.inject({ method: 'PATCH', status: 400, times: 1 });
    expect((await runtime.play(hire())).status).toBe('failed');
    expect(await runtime.trainingFollowUps()).toEqual([]);
  });

  it('of somebody whose record in Drata is another’s starts none', async () => {
    await runtime.store.writeAccount('E-9999', {
      app: 'drata',
      vendorUserId: zoe().id,
      email: ZOE.email,
      status: 'active',
      role: null,
      verifiedAt: new Date().toISOString(),
      execution: 'another',
    });
    const { status, apps } = await runtime.play(hire());
    expect([status, apps[0]?.error?.name]).toEqual(['failed', 'IdentityConflictError']);
    expect(await runtime.trainingFollowUps()).toEqual([]);
  });

  it('is not lost when it cannot start one, and says so in its report', async () => {
    const unknown = 'arn:aws:states:local:000000000000:stateMachine:tenure-unknown';
    process.env.TRAINING_FOLLOW_UP_STATE_MACHINE_ARN = unknown;
    const report = await runtime.play(hire());
    expect(report.status).toBe('complete');
    expect(await followUps()).toEqual([
      `Watch the training and the background check of Drata personnel ${zoe().id}; following them up could not be started (StateMachineDoesNotExist).`,
    ]);
  });
});

it('waits in real time without a leaping clock, and stops with the runtime', { tags: 'slow' }, async () => {
  const filesDirectory = mkdtempSync(join(tmpdir(), 'tenure-training-'));
  const real = await startRuntime({ delayScale: 0.0001, filesDirectory });
  try {
    const report = await real.play(hire());
    expect(report.status).toBe('complete');
    // It does not wait for weeks.
    expect((await real.reconcile({ apps: ['drata'] })).failure).toBeNull();
    expect(real.vendors.drata?.journal.some(({ path }) => path.endsWith('/training'))).toBe(false);
  } finally {
    await real.close();
  }
});
