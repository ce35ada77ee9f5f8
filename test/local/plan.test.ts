import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, expect, it } from 'vitest';
import { hire, hrEvent, inDays, newcomer } from '../requests.ts';
import { runCommand } from './command-line.ts';

const TOMAS_LEAVES = fileURLToPath(new URL('../../events/4-tomas-leaves-at-once.json', import.meta.url));

let state: string;

beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'tenure-plan-'));
});

async function planId(): Promise<string> {
  const { code, stdout } = await runCommand(['plan', TOMAS_LEAVES, '--state', state, '--json']);
  const [plan] = JSON.parse(stdout);
  expect({ code, status: plan.status }).toEqual({ code: 0, status: 'go' });
  return plan.planId;
}

it('shows what would change, and run does exactly this', { tags: 'slow' }, async () => {
  const id = await planId();
  const shown = await runCommand(['plan', TOMAS_LEAVES, '--state', state]);
  expect(shown).toMatchObject({ code: 0, stderr: '' });
  expect(shown.stdout).toContain(`offboarding of E-1005: would act (plan ${id})`);
  expect(shown.stdout).toContain('Pipedrive (simulated): deactivate user 5; give 2 open deals to user 1');
  const ran = await runCommand(['run', TOMAS_LEAVES, '--plan', id, '--state', state, '--json']);
  expect(ran.code).toBe(0);
  expect(JSON.parse(ran.stdout)).toMatchObject([{ status: 'complete' }]);
});

it('refuses a plan that is not what would be done now, and shows the new one', { tags: 'slow' }, async () => {
  const id = await planId();
  await runCommand(['run', TOMAS_LEAVES, '--state', state]);
  const again = await runCommand(['run', TOMAS_LEAVES, '--plan', id, '--state', state]);
  expect(again.code).toBe(1);
  expect(again.stderr).toBe(`Nothing was played: the plan ${id} is not what would be done now.\n`);
  expect(again.stdout).toContain('planned, not now: deactivate user 5');
  expect(again.stdout).toContain('would do nothing: its run has succeeded already');
});

it('speaks of the job that would fail', async () => {
  const file = join(state, 'wizard.json');
  const detail = hire(newcomer(), { apps: [{ app: 'pipedrive', role: 'Wizard' }] });
  writeFileSync(file, JSON.stringify(hrEvent('employee.hired', detail)));
  const { stdout } = await runCommand(['plan', file], { env: { COLUMNS: '1000' } });
  expect(stdout).toMatch(/\n {4}find would fail: InvalidInputError: Pipedrive has 0 roles named/);
});

it('says so of the plan of another event, and tells a program what is different', {
  tags: 'slow',
}, async () => {
  const id = await planId();
  const ann = fileURLToPath(new URL('../../events/3-ann-leaves.json', import.meta.url));
  const { code, stdout, stderr } = await runCommand(['run', ann, '--plan', id, '--state', state, '--json']);
  expect(code).toBe(1);
  expect(stderr).toBe(`Nothing was played: the plan ${id} is of another event.\n`);
  expect(JSON.parse(stdout)).toMatchObject({ status: 409, planId: id, plan: { employeeId: 'E-1003' } });
});

it('says when a run would begin that waits, and that the plan is of now', async () => {
  const event = JSON.parse(readFileSync(TOMAS_LEAVES, 'utf8'));
  const lastWorkingDay = inDays(20);
  const file = join(state, 'later.json');
  const detail = { ...event.detail, when: 'endOfLastWorkingDay', lastWorkingDay };
  writeFileSync(file, JSON.stringify({ ...event, detail }));
  const { stdout } = await runCommand(['plan', file, '--state', join(state, 'tables')]);
  expect(stdout).toMatch(
    /\n {2}begins at \d{4}-[^\n]*Z; this is what it would do if it began now\n {2}Pipedrive \(simulated\): deact/,
  );
});

it('keeps the plan in the evidence of the run', { tags: 'slow' }, async () => {
  const id = await planId();
  await runCommand(['run', TOMAS_LEAVES, '--plan', id, '--state', state]);
  const runs = JSON.parse((await runCommand(['runs', '--state', state, '--json'])).stdout);
  const [{ name }] = Array.isArray(runs) ? runs : runs.runs;
  const { stdout } = await runCommand(['evidence', name, '--state', state]);
  const planned = JSON.parse(stdout).entries.filter(({ kind }: { kind: string }) => kind === 'plan');
  expect(planned).toMatchObject([{ data: { planId: id, status: 'go' } }]);
});

it.each([
  [['plan'], 'expected at least one FILE'],
  [['plan', '/nowhere.json'], 'there is no such file'],
  [['run', TOMAS_LEAVES, '--plan', 'x'], '--plan: expected the id that'],
  [['run', TOMAS_LEAVES, TOMAS_LEAVES, '--plan', 'x'], '--plan: expected a FILE with one event'],
])('refuses %j', async (words, message) => {
  const { code, stderr } = await runCommand(words);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});
