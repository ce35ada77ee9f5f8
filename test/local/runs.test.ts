import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { shortId } from '../../local/commands/table.ts';
import { ANN, MARA } from '../../local/vendors/company.ts';
import { hrEvent, termination } from '../requests.ts';
import { runCommand } from './command-line.ts';

let folder: string;
let state: string;
let held: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tenure-runs-'));
  state = join(folder, 'state');
  const event = join(folder, 'event.json');
  const leaves = (person: typeof ANN, more: object) =>
    hrEvent('employee.terminated', { ...termination(person, { apps: [{ app: 'driftwood' }] }), ...more });
  const events = [leaves(MARA, { reassignTo: ANN.email }), leaves(ANN, { requiresApproval: true })];
  writeFileSync(event, JSON.stringify(events[0]));
  await runCommand(['run', event, '--state', state, '--json']);
  writeFileSync(event, JSON.stringify(events[1]));
  const { stdout } = await runCommand(['run', event, '--state', state, '--json']);
  held = JSON.parse(stdout)[0].held.run;
});

it('lists what has run, the newest first', async () => {
  const { code, stdout, stderr } = await runCommand(['runs', '--state', state, '--json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(JSON.parse(stdout).runs).toMatchObject([
    { name: held, employeeId: ANN.employeeId, status: 'held' },
    { employeeId: MARA.employeeId, status: 'complete' },
  ]);
  const waiting = await runCommand(['runs', '--status', 'held', '--state', state]);
  expect(waiting.stdout).toContain(held);
  expect(waiting.stdout).not.toContain(MARA.employeeId);
});

it('shows one', async () => {
  const { code, stdout } = await runCommand(['runs', 'show', held, '--state', state, '--json']);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ name: held, status: 'held', employeeId: ANN.employeeId });
  const shown = await runCommand(['runs', 'show', held, '--state', state]);
  expect(shown.stdout).toContain(`${held}: held`);
});

it('exports the evidence of one, and names the entry that somebody has changed', async () => {
  const { code, stdout } = await runCommand(['evidence', held, '--state', state]);
  expect(code).toBe(0);
  const file = join(folder, 'evidence.json');
  writeFileSync(file, `\n> tenure@0.1.0 start\n> node local/cli.ts evidence\n\n${stdout}`);
  expect(await runCommand(['verify', file])).toMatchObject({ code: 0, stderr: '' });
  writeFileSync(file, stdout.replace(/"via": "\w+"/, '"via": "console"'));
  expect(await runCommand(['verify', file])).toMatchObject({
    code: 1,
    stderr: `${held}: entry 1 (request) is broken: its content is not what its hash is of.\n`,
  });
  writeFileSync(file, '[]');
  expect((await runCommand(['verify', file])).code).toBe(2);
});

it.each([
  ['runs', 'show', 'SHORT'],
  ['runs', 'show', ANN.employeeId],
  ['evidence', 'BEGUN'],
  ['release', 'SLIP', '--reason', 'It is right.'],
  ['reject', 'SHORT', '--reason', 'She stays.'],
])('%s %s %s names the run that was meant', async (...words) => {
  const spellings = new Map([
    ['SHORT', shortId(held)],
    ['BEGUN', held.slice(0, -5)],
    ['SLIP', held.replace('offb', 'ofb')],
  ]);
  const typed = words.map((word) => spellings.get(word) ?? word);
  const { code, stderr } = await runCommand([...typed, '--state', state], { env: { COLUMNS: '1000' } });
  expect(code).toBe(1);
  expect(stderr).toContain(`. Did you mean ${held}?\n`);
});

it('lists what is left to people, and records that it is done', async () => {
  const event = join(folder, 'nobody.json');
  const nobody = { ...ANN, employeeId: 'E-9999', email: 'nobody@northlight.example' };
  writeFileSync(event, JSON.stringify(hrEvent('employee.terminated', termination(nobody))));
  await runCommand(['run', event, '--state', state, '--json']);
  const left = await runCommand(['follow-ups', '--state', state, '--json']);
  const [{ id }] = JSON.parse(left.stdout).followUps;
  expect(JSON.parse(left.stdout).followUps).toMatchObject([{ employeeId: 'E-9999', urgency: 'high' }]);
  const nearly = await runCommand(['follow-ups', '--done', id.slice(1), '--state', state]);
  expect(nearly).toMatchObject({ code: 1, stderr: expect.stringContaining(` Did you mean ${id}?`) });
  const done = await runCommand(['follow-ups', '--done', id, '--note', 'A typo.', '--state', state]);
  expect(done.code).toBe(0);
  expect(done.stdout).toContain('A typo.');
  const again = await runCommand(['follow-ups', '--done', id, '--state', state]);
  expect(again).toMatchObject({ code: 1, stderr: `The follow-up ${id} is done already.\n` });
  expect((await runCommand(['follow-ups', '--state', state])).stdout).toMatch(
    /^Real: .*\nState: [\s\S]*\n\nNo follow-ups\.\n$/,
  );
});

it.each([
  [['follow-ups'], 2, 'expected --state DIR'],
  [['follow-ups', '--note', 'x', '--state', 'S'], 2, '--note needs --done ID'],
  [['follow-ups', '--done', 'none', '--state', 'S'], 1, 'There is no follow-up "none".'],
  [['evidence', 'none', '--state', 'S'], 1, 'There is no run "none".'],
  [['evidence', 'none'], 2, 'expected --state DIR'],
  [['evidence', '--state', 'S'], 2, 'expected one RUN'],
  [['verify'], 2, 'expected one FILE'],
  [['verify', '/none'], 2, '/none: there is no such file'],
  [['runs', 'show', 'none', '--state', 'S'], 1, 'There is no run "none".'],
  [['runs'], 2, 'expected --state DIR'],
  [['runs', 'show', '--state', 'S'], 2, 'expected nothing, or show RUN'],
  [['runs', '--status', 'gone', '--state', 'S'], 2, '--status: '],
])('refuses %j', async (words, code, message) => {
  const refused = await runCommand(words.map((word) => (word === 'S' ? state : word)));
  expect(refused.code).toBe(code);
  expect(refused.stderr).toContain(message);
});

it('lists what the last reconciliation found, and what somebody lives with', { tags: 'slow' }, async () => {
  await runCommand(['reconcile', '--apps', 'driftwood', '--state', state]);
  const listed = async (...words: string[]) => {
    const { code, stdout } = await runCommand(['findings', '--state', state, '--json', ...words]);
    expect(code).toBe(0);
    return JSON.parse(stdout).findings;
  };
  const [finding] = await listed('--kind', 'orphan_account');
  expect(finding).toMatchObject({ app: 'driftwood', status: 'open' });
  const accept = ['--accept', finding.id, '--reason', 'A service account.', '--as', 'kim'];
  const [accepted] = await listed(...accept, '--until', '2999-01-31');
  expect(accepted).toMatchObject({ status: 'accepted', acceptance: { by: 'kim' } });
  const ids = (findings: { id: string }[]) => findings.map(({ id }) => id);
  expect(ids(await listed())).not.toContain(finding.id);
  const shown = await runCommand(['findings', '--all', '--state', state]);
  expect(shown.stdout).toContain('accepted by kim until 2999-02-01T00:00:00.000Z: A service account.');
  await listed('--withdraw', finding.id);
  expect(ids(await listed())).toContain(finding.id);
  const nearly = await runCommand(['findings', '--withdraw', finding.id.slice(0, -2), '--state', state]);
  expect(nearly).toMatchObject({ code: 1, stderr: expect.stringContaining(`Did you mean ${finding.id}?`) });
  for (const words of [accept, [...accept, '--until', '2001-01-01'], ['--kind', 'x']])
    expect((await runCommand(['findings', '--state', state, ...words])).code).toBe(2);
  const again = await runCommand(['findings', '--withdraw', finding.id, '--state', state]);
  expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('is not accepted') });
});
