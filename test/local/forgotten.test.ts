import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import * as z from 'zod/mini';
import { HrEvent } from '../../functions/shared/events.ts';
import { type Runtime, startRuntime } from '../../local/runtime/runtime.ts';
import { allSimulated } from '../../local/vendors/start-vendors.ts';
import { hire, hireLater, newcomer, termination } from '../requests.ts';
import { stubWideLimits } from '../wide-limits.ts';

// A laptop's Step Functions forgets its executions with the process, as AWS does after 90 days; the tables stay.

let stateDirectory: string;
let runtime: Runtime;

beforeEach(async () => {
  stubWideLimits(vi.stubEnv);
  stateDirectory = mkdtempSync(join(tmpdir(), 'forgotten-'));
  runtime = await startRuntime({ stateDirectory });
});
afterEach(async () => {
  await runtime.close();
  vi.unstubAllEnvs();
});

async function forgetExecutions(): Promise<void> {
  await runtime.close();
  runtime = await startRuntime({ stateDirectory });
}

it('neither a hire nor a termination that is delivered again acts once Step Functions has forgotten both', async () => {
  const person = newcomer();
  const apps = [{ app: 'driftwood' as const }];
  const event = (type: HrEvent['detail-type'], time: string, detail: object) =>
    z.parse(HrEvent, { id: `${type}-1`, source: 'hr', time, 'detail-type': type, detail });
  const hired = event('employee.hired', '2026-01-01T00:00:00Z', hire(person));
  const left = event('employee.terminated', '2026-02-01T00:00:00Z', termination(person, { apps }));
  const { name } = await runtime.put(hired);
  await runtime.over('onboarding', name);
  await runtime.play(left);

  await forgetExecutions();

  const { driftwood } = allSimulated(runtime.vendors);
  expect(await runtime.put(hired)).toMatchObject({ name, status: 'succeeded' });
  expect(await runtime.put(left)).toMatchObject({ status: 'succeeded' });
  expect(driftwood.writes()).toEqual([]);
  expect(driftwood.state.users.find(({ email }) => email === person.email)?.deactivated_at).not.toBeNull();
});

it('a hire that a termination stopped waits again when that is rescinded after Step Functions has forgotten it', {
  tags: 'slow',
}, async () => {
  const person = newcomer();
  const { employeeId } = person;
  const event = (type: HrEvent['detail-type'], time: string, detail: object) =>
    z.parse(HrEvent, { id: `${type}-2`, source: 'hr', time, 'detail-type': type, detail });
  const hired = event('employee.hired', '2026-01-01T00:00:00Z', hireLater(person));
  const apps = [{ app: 'driftwood' as const }];
  const left = event('employee.terminated', '2026-02-01T00:00:00Z', termination(person, { apps }));
  const rescinded = event('termination.rescinded', '2026-03-01T00:00:00Z', { employee: { employeeId } });
  await runtime.put(hired);
  await runtime.play(left);

  await forgetExecutions();

  const { name } = await runtime.put(rescinded);
  const due = await vi.waitFor(
    async () => {
      const row = (await runtime.store.readRuns(employeeId)).find(({ execution }) => execution === name);
      if (row === undefined) throw new Error('It is not recorded yet.');
      return row;
    },
    { timeout: 30_000, interval: 20 },
  );
  expect(due).toMatchObject({ report: null, apps: ['driftwood'] });
  expect(Date.parse(due.dueAt ?? '')).toBeGreaterThan(Date.now());
});
