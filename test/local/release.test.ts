import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ANN } from '../../local/vendors/company.ts';
import { hrEvent, termination } from '../requests.ts';
import { runCommand } from './command-line.ts';

let folder: string;
let state: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tenure-release-'));
  state = join(folder, 'state');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Plays a termination that asks for approval, and returns the name of its run. */
async function hold(): Promise<string> {
  const file = join(folder, 'event.json');
  const detail = { ...termination(ANN, { apps: [{ app: 'driftwood' }] }), requiresApproval: true };
  writeFileSync(file, JSON.stringify(hrEvent('employee.terminated', detail)));
  const { code, stdout } = await runCommand(['run', file, '--state', state, '--json']);
  const [report] = JSON.parse(stdout);
  expect({ code, status: report.status }).toEqual({ code: 1, status: 'held' });
  return report.held.run;
}

it('releases in another process what run has left held', async () => {
  const name = await hold();
  const released = await runCommand([
    'release',
    name,
    '--reason',
    'It is right.',
    '--state',
    state,
    '--json',
  ]);
  expect(released).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(released.stdout)).toMatchObject([{ status: 'complete' }]);
  const again = await runCommand(['release', name, '--reason', 'It is right.', '--state', state]);
  expect(again).toMatchObject({ code: 1, stderr: `The run ${name} is not held any more.\n` });
});

it('rejects it, after which its event does not start it again', async () => {
  const name = await hold();
  const rejected = await runCommand(['reject', name, '--reason', 'She stays.', '--state', state, '--json']);
  expect(rejected.code).toBe(0);
  expect(JSON.parse(rejected.stdout)).toMatchObject([{ status: 'rejected' }]);
});

it.each([
  [['release', '--reason', 'x', '--state', 'S'], 'expected at least one RUN'],
  [['release', 'r', '--state', 'S'], 'expected --reason TEXT'],
  [['release', 'r', '--reason', ' ', '--state', 'S'], 'expected --reason TEXT'],
  [['release', 'r', '--reason', 'x'], 'expected --state DIR'],
])('refuses %j', async (words, message) => {
  const { code, stderr } = await runCommand(words);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});

it('says that an unknown run is not held', async () => {
  const { code, stderr } = await runCommand(['release', 'none', '--reason', 'x', '--state', state]);
  expect({ code, stderr }).toEqual({ code: 1, stderr: 'The run none is not held.\n' });
});
