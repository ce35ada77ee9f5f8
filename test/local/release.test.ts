import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { ANN, OLOF } from '../../local/vendors/company.ts';
import { startDriftwood } from '../../local/vendors/driftwood.ts';
import { startPipedrive } from '../../local/vendors/pipedrive.ts';
import { hrEvent, termination } from '../requests.ts';
import { runCommand } from './command-line.ts';

let folder: string;
let state: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tenure-release-'));
  state = join(folder, 'state');
});

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

it('releases in another process what run has left held', { tags: 'slow' }, async () => {
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
  mkdirSync(state, { mode: 0o700 });
  const { code, stderr } = await runCommand(['release', 'none', '--reason', 'x', '--state', state]);
  expect({ code, stderr }).toEqual({ code: 1, stderr: 'The run none is not held.\n' });
});

const NEEDS_NO_SECRET = '%s needs no secret of an app, and calls none, however many runs are held';

async function needsNoSecret(...words: string[]): Promise<void> {
  const { name, real } = await holdInOneApp();
  const { stderr } = await runCommand(
    [...words.map((word) => (word === 'RUN' ? name : word)), '--state', state],
    real.withoutSecrets,
  );
  expect(stderr).not.toContain('secrets');
  expect(real.calls()).toEqual([]);
  await real.close();
}

it.each([['evidence', 'RUN']])(NEEDS_NO_SECRET, needsNoSecret);

it.each([
  ['runs'],
  ['follow-ups'],
  ['findings'],
  ['takeover', 'E-8001', 'E-8002'],
  ['erase', 'E-8001'],
  ['policy', 'explain', 'E-8001'],
])(NEEDS_NO_SECRET, { tags: 'slow' }, needsNoSecret);

const CHANGES_NOTHING = '%s changes nothing, also where the rest of a held run would';

async function changesNothing(...words: string[]): Promise<void> {
  const { event, real } = await holdInOneApp();
  const typed = words.map((word) => (word === 'EVENT' ? event : word));
  await runCommand([...typed, '--state', state, ...real.secrets], real.withoutSecrets);
  expect(real.writes()).toEqual([]);
  await real.close();
}

it.each([['plan', 'EVENT']])(CHANGES_NOTHING, changesNothing);

it.each([['doctor', 'driftwood']])(CHANGES_NOTHING, { tags: 'slow' }, changesNothing);

it('wakes no other run than the one that it is to release', { tags: 'slow' }, async () => {
  const { name, real } = await holdInOneApp();
  const typed = [
    'release',
    name,
    '--reason',
    'It is right.',
    '--as',
    'kim',
    '--state',
    state,
    ...real.secrets,
  ];
  expect((await runCommand([...typed.with(1, 'another')], real.withoutSecrets)).code).toBe(1);
  expect(real.writes()).toEqual([]);
  expect(await runCommand(typed, real.withoutSecrets)).toMatchObject({ code: 0 });
  expect(real.writes().length).toBeGreaterThan(0);
  await real.close();
});

/**
 * Plays a termination in two real apps that one of them holds, as tenure's own token is the leaver's there. Somebody
 * opens the other account again by hand, and what is called after that is counted.
 */
async function holdInOneApp() {
  const [pipedrive, driftwood] = [await startPipedrive(), await startDriftwood()];
  for (const user of pipedrive.state.users) if (user.email === ANN.email) user.is_admin = 1;
  // He owns the company's account in Driftwood too, which would be held as well.
  for (const user of driftwood.state.users) user.role = user.email === ANN.email ? 'owner' : 'member';
  const secrets = join(folder, 'secrets.json');
  const tokens = {
    'tenure/pipedrive/rest': { token: pipedrive.tokens.rest },
    'tenure/driftwood/rest': { token: driftwood.tokens.rest },
  };
  writeFileSync(secrets, JSON.stringify(tokens), { mode: 0o600 });
  const env = {
    PIPEDRIVE_BASE_URL: pipedrive.baseUrls.rest,
    DRIFTWOOD_BASE_URL: driftwood.baseUrls.rest,
  };
  const event = join(folder, 'olof.json');
  writeFileSync(
    event,
    JSON.stringify(hrEvent('employee.terminated', { ...termination(OLOF), apps: undefined })),
  );
  const words = ['run', event, '--state', state, '--secrets', secrets, '--json'];
  const { stdout } = await runCommand(words, { env });
  const [report] = JSON.parse(stdout);
  expect(report.status).toBe('held');
  for (const user of driftwood.state.users) user.deactivated_at = null;
  const begun = { pipedrive: pipedrive.journal.length, driftwood: driftwood.journal.length };
  const calls = () => [
    ...pipedrive.journal.slice(begun.pipedrive),
    ...driftwood.journal.slice(begun.driftwood),
  ];
  return {
    event,
    name: report.held.run,
    real: {
      calls,
      writes: () =>
        calls().filter((one) => pipedrive.writes().includes(one) || driftwood.writes().includes(one)),
      secrets: ['--secrets', secrets],
      withoutSecrets: { env },
      close: () => Promise.all([pipedrive.close(), driftwood.close()]),
    },
  };
}
