import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import * as z from 'zod/mini';
import { rejectRun, releaseRun } from '../../functions/runs/decide-held.ts';
import { runSourcesFromEnvironment } from '../../functions/runs/run-sources.ts';
import { HrEvent } from '../../functions/shared/events.ts';
import { holdStoreFromEnvironment } from '../../functions/tables/hold-store.ts';
import { keepExecutions, readKeptExecutions } from '../../local/runtime/kept-executions.ts';
import type { RuntimeOptions } from '../../local/runtime/options.ts';
import { startRuntime } from '../../local/runtime/runtime.ts';
import { ANN, TOMAS } from '../../local/vendors/company.ts';
import { allSimulated } from '../../local/vendors/start-vendors.ts';
import { hrEvent, inDays, termination } from '../requests.ts';
import { stubWideLimits } from '../wide-limits.ts';

// What has come to wait in one process waits on in the next one, and is not played anew.

beforeEach(() => stubWideLimits(vi.stubEnv));

const FAST = { delayScale: 0.001, keepsMoments: true };

async function start(stateDirectory: string, options: RuntimeOptions = {}) {
  const steps: string[] = [];
  const onStepEnd = ({ step }: { step: string }) => steps.push(step);
  const runtime = await startRuntime({ stateDirectory, resumes: true, onStepEnd, ...FAST, ...options });
  onTestFinished(() => runtime.close());
  const vendors = allSimulated(runtime.vendors);
  return {
    ...{ runtime, vendors, steps },
    calls: () => Object.values(vendors).flatMap(({ journal }) => journal),
    sources: () => ({ ...runSourcesFromEnvironment(), holds: holdStoreFromEnvironment() }),
  };
}

const newState = () => mkdtempSync(join(tmpdir(), 'go-on-'));

/** Plays a leaver whose account is the last owner's, which holds the run once the app has shown that. */
async function holdInOneApp(state: string): Promise<string> {
  const { runtime, vendors } = await start(state);
  for (const user of vendors.driftwood.state.users) user.role = user.email === ANN.email ? 'owner' : 'member';
  const detail = termination(ANN, { apps: [{ app: 'driftwood' }] });
  const report = await runtime.play(z.parse(HrEvent, hrEvent('employee.terminated', detail)));
  expect(report.status).toBe('held');
  await runtime.close();
  return report.held?.run ?? '';
}

const VERDICT = { by: 'kim', reason: 'It is right.' };

it('a held run waits on, and acts when it is released', async () => {
  const state = newState();
  const name = await holdInOneApp(state);
  const { runtime, steps, calls, sources } = await start(state);
  expect({ steps, calls: calls() }).toEqual({ steps: [], calls: [] });
  const { employeeId } = await releaseRun(sources(), name, VERDICT);
  expect(await runtime.over('offboarding', name)).toMatchObject({ status: 'SUCCEEDED' });
  expect(steps[0]).toBe('WorkflowBegin');
  const [run] = (await runtime.store.readRuns(employeeId)).slice(-1);
  expect(run?.report?.status).toBe('complete');
});

it('a held run that is rejected ends without a call', async () => {
  const state = newState();
  const name = await holdInOneApp(state);
  const { runtime, steps, calls, sources } = await start(state, { resumes: false });
  await rejectRun(sources(), name, VERDICT);
  expect(await runtime.over('offboarding', name)).toMatchObject({ status: 'SUCCEEDED' });
  expect({ steps, calls: calls() }).toEqual({ steps: ['WorkflowConclude'], calls: [] });
});

it('a held run about which nobody has decided in time ends where runs go on, and nowhere else', {
  tags: 'slow',
}, async () => {
  const state = newState();
  const name = await holdInOneApp(state);
  const before = readKeptExecutions(state).map(({ rest, ...kept }) => ({
    ...kept,
    ...(rest === undefined ? {} : { rest: { ...rest, enteredAt: '2025-01-01T00:00:00.000Z' } }),
  }));
  keepExecutions(state, before);
  const statusNow = async ({ runtime }: Awaited<ReturnType<typeof start>>) =>
    (await runtime.store.readRuns(ANN.employeeId)).find(({ execution }) => execution === name)?.report
      ?.status;
  const looking = await start(state, { resumes: false });
  expect(await statusNow(looking)).toBe('held');
  await looking.runtime.close();
  const serving = await start(state);
  await expect.poll(() => serving.steps).toEqual(['WorkflowConclude']);
  expect(await statusNow(serving)).toBe('expired');
});

it('a leaver’s run waits on for the end of the last working day', async () => {
  const state = newState();
  const detail = termination(TOMAS, { when: 'endOfLastWorkingDay', lastWorkingDay: inDays(3) });
  const first = await start(state);
  const { name } = await first.runtime.put(hrEvent('employee.terminated', detail));
  await expect.poll(() => readKeptExecutions(state)).toMatchObject([{ rest: { state: 'WaitForMoment' } }]);
  expect(first.calls()).not.toEqual([]);
  await first.runtime.close();
  const waits: string[] = [];
  const { steps, calls } = await start(state, { onWait: (_, execution) => waits.push(execution) });
  expect({ waits, steps, calls: calls() }).toEqual({ waits: [name], steps: [], calls: [] });
});
