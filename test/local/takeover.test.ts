import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { hire, hrEvent, newcomer, termination } from '../requests.ts';
import { runCommand } from './command-line.ts';

const PERSON = newcomer();
const OLD = PERSON.employeeId;

let folder: string;
let state: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tenure-takeover-'));
  state = join(folder, 'state');
  await play('employee.hired', hire(PERSON));
});

async function play(kind: Parameters<typeof hrEvent>[0], detail: object) {
  const file = join(folder, 'event.json');
  writeFileSync(file, JSON.stringify(hrEvent(kind, detail)));
  const { stdout } = await runCommand(['run', file, '--state', state, '--json']);
  return JSON.parse(stdout)[0];
}

const takeOver = (...words: string[]) => runCommand(['takeover', ...words, '--state', state]);

it('gives an employee another id, says the same of a repeat, and lets the old id shut nobody', async () => {
  const first = await takeOver(OLD, 'N-1');
  expect(first).toMatchObject({ code: 0, stderr: '' });
  expect(first.stdout).toMatch(
    new RegExp(
      `\nEmployee N-1 has what was known of employee ${OLD}\\.\n {2}Driftwood CRM \\(simulated\\) account \\S+:\\s+\\w+\n$`,
    ),
  );
  const again = await takeOver(OLD, 'N-1', '--json');
  expect(again.code).toBe(0);
  expect(JSON.parse(again.stdout)).toEqual({
    employeeId: 'N-1',
    previousEmployeeId: OLD,
    accounts: [{ app: 'driftwood', vendorUserId: expect.any(String), status: 'invited' }],
  });
  expect(await play('employee.terminated', termination(PERSON))).toMatchObject({
    status: 'superseded',
    supersededBy: 'N-1',
  });

  const elsewhere = await takeOver(OLD, 'N-2', '--json');
  expect(elsewhere).toEqual({
    code: 1,
    stdout: '',
    stderr: `Employee ${OLD} is N-1 by now. Name that as the previous id.\n`,
  });
});

it('says so where nobody is known', async () => {
  const { code, stderr } = await takeOver('NOBODY', 'N-3');
  expect([code, stderr]).toEqual([
    1,
    'Nobody is known by the employee id NOBODY. Correct the previous id.\n',
  ]);
});

it.each([
  [[], 'expected two employee ids'],
  [['N-1'], 'expected two employee ids'],
  [['N-1', 'N-2', 'N-3'], 'expected two employee ids'],
  [['N-1', 'N-1'], 'are the same id'],
  [['N 1', 'N-2'], 'must be 1 to 100 characters'],
  [['N-1', 'N-2', '--force'], '--force'],
])('takes two ids: %j', async (words, complaint) => {
  const { code, stdout, stderr } = await takeOver(...words);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain(complaint);
});

it('knows nobody without --state, and says so', async () => {
  const { code, stderr } = await runCommand(['takeover', 'N-1', 'N-2']);
  expect(code).toBe(2);
  expect(stderr).toContain('expected --state DIR');
});
