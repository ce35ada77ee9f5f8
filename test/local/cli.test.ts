import { copyFileSync, existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { OAuthCredential } from '../../functions/credentials/credential.ts';
import { APPS } from '../../functions/shared/apps.ts';
import { Report } from '../../functions/shared/report.ts';
import { startSecretsManager } from '../../local/aws/secrets-manager.ts';
import { COMMANDS, main } from '../../local/command-line.ts';
import { processIo } from '../../local/commands/command.ts';
import { systemUser } from '../../local/runtime/system-user.ts';
import type { OAuthServer } from '../../local/vendors/oauth-server.ts';
import { startPipedrive } from '../../local/vendors/pipedrive.ts';
import { oauthOf } from '../credentials/oauth-workers.ts';
import { inDays } from '../requests.ts';
import { type Ended, runCommand, spawnCommand } from './command-line.ts';

const never = new AbortController().signal;
const SAMPLES = new URL('../../events/', import.meta.url);
const ANN_LEAVES = fileURLToPath(new URL('3-ann-leaves.json', SAMPLES));
const TOMAS_LEAVES = fileURLToPath(new URL('4-tomas-leaves-at-once.json', SAMPLES));
const ZOE_IS_HIRED = fileURLToPath(new URL('1-zoe-is-hired.json', SAMPLES));

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tenure-cli-'));
});

function file(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content), { mode: 0o600 });
  return path;
}

const sample = (path: string) => JSON.parse(readFileSync(path, 'utf8'));
/** The lines that 80 columns do not hold; one long word, such as a path, has to stay whole. */
const tooLong = ({ stdout }: Ended) =>
  stdout.split('\n').filter((line) => line.length > 80 && line.trim().includes(' '));
const reportsOf = ({ stdout }: Ended) => z.parse(z.array(Report), JSON.parse(stdout));

describe('npm start', () => {
  it('plays the samples: four people, all five apps, everything complete', { tags: 'slow' }, async () => {
    const ended = await runCommand([]);
    const { code, stdout } = ended;
    expect(code).toBe(0);
    expect(tooLong(ended)).toEqual([]);
    expect(stdout.match(/: complete(, \d follow-ups?)?$/gm)).toHaveLength(4);
    expect(stdout).toMatch(
      /offboarding of E-1003: would act \(plan [0-9a-f]{32}\)\n {2}Pipedrive \(simulated\): deactivate user 3; give 104 /,
    );
    expect(stdout.match(/would act/g)).toHaveLength(1);
    expect(stdout).toContain('open deals reassigned (104 moved, 0 remaining)');
    expect(stdout).toContain('Open follow-ups');
    expect(stdout).toContain('cadences');
  });
});

describe('npm start -- run', () => {
  it('prints one JSON array of reports and nothing else with --json', async () => {
    const ended = await runCommand(['run', ZOE_IS_HIRED, TOMAS_LEAVES, '--json', '--fast']);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    const reports = reportsOf(ended);
    expect(reports.map(({ workflow, status }) => [workflow, status])).toEqual([
      ['onboarding', 'complete'],
      ['offboarding', 'complete'],
    ]);
    for (const { apps } of reports) expect(apps.map(({ app }) => app)).toEqual([...APPS]);
    for (const { origin } of reports)
      expect(origin).toMatchObject({ source: 'hr', requester: { via: 'cli', name: systemUser() } });
  });

  it('takes an array, and one event per line', { tags: 'slow' }, async () => {
    const array = file('array.json', [sample(TOMAS_LEAVES)]);
    const lines = file(
      'lines.jsonl',
      `${JSON.stringify(sample(ZOE_IS_HIRED))}\n\n${JSON.stringify(sample(TOMAS_LEAVES))}\n`,
    );
    const ended = await runCommand(['run', array, lines, '--json', '--fast']);
    expect(reportsOf(ended).map(({ employeeId }) => employeeId)).toEqual(['E-1005', 'E-1006', 'E-1005']);
  });

  it('remembers with --state DIR what was done: the second time nothing changes', {
    tags: 'slow',
  }, async () => {
    const state = join(folder, 'state');
    const words = ['run', ZOE_IS_HIRED, TOMAS_LEAVES, '--json', '--fast', '--state', state];
    const first = await runCommand(words);
    expect(first.code).toBe(0);
    const before = APPS.map((app) => readFileSync(join(state, `${app}.json`), 'utf8'));
    const second = await runCommand(words);
    expect(second.code).toBe(0);
    expect(reportsOf(second)).toEqual(reportsOf(first));
    expect(APPS.map((app) => readFileSync(join(state, `${app}.json`), 'utf8'))).toEqual(before);
  });

  it('says that a file of --state DIR is damaged, and ends', async () => {
    const state = mkdtempSync(join(folder, 'state-'));
    writeFileSync(join(state, 'drata.json'), '{"personnel":[');
    const { code, stderr } = await runCommand(['run', TOMAS_LEAVES, '--state', state]);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringMatching(/^--state: .*drata\.json is damaged/),
    });
  });

  it('leaves --state DIR to the process that has it', { tags: 'slow' }, async () => {
    const state = mkdtempSync(join(folder, 'state-'));
    const holder = join(state, 'process-id');
    writeFileSync(holder, String(process.ppid));
    const words = ['run', TOMAS_LEAVES, '--fast', '--state', state];
    const refused = await runCommand(words);
    expect(refused).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`in use by process ${process.ppid}`),
    });
    // Nobody has this one: process ids are smaller.
    writeFileSync(holder, '99999999');
    expect((await runCommand(words)).code).toBe(0);
    expect(existsSync(holder)).toBe(false);
  });

  it('exits 1 for a leaver whom nobody knows, and says what to do', async () => {
    const { detail, ...event } = sample(TOMAS_LEAVES);
    const employee = { employeeId: 'E-9999', email: 'nobody.knows@northlight.example' };
    const leaver = file('unknown.json', { ...event, detail: { ...detail, employee } });
    const { code, stdout } = await runCommand(['run', leaver, '--fast']);
    expect(stdout).toContain('unknown_person');
    expect(stdout).toContain('Find out who employee E-9999 is');
    expect(code).toBe(1);
  });

  it('exits 1 when something failed, and says what', async () => {
    const event = sample(TOMAS_LEAVES);
    event.detail.reassignTo = 'petra.novak@northlight.example';
    const ended = await runCommand(['run', file('inactive-owner.json', event), '--fast']);
    expect(ended.code).toBe(1);
    expect(ended.stdout).toContain('InvalidInputError');
    // Both apps are asked at once, and one answer is enough.
    expect(ended.stdout.replaceAll(/\s+/g, ' ')).toMatch(/is deactivated|has no active agent/);
    expect(tooLong(ended)).toEqual([]);
    // The report has the reasons already.
    expect(ended.stderr).toContain('npm start -- run FILE');
    expect(ended.stderr.replaceAll(/\s+/g, ' ')).not.toMatch(/is deactivated|has no active agent/);
  });

  it('stops cleanly on Ctrl-C', { tags: 'slow' }, async () => {
    const ended = await spawnCommand(['run', ANN_LEAVES], { stopAt: 'find in Pipedrive' }).ended;
    expect(ended.code).toBe(130);
    expect(ended.stderr).toContain('Stopped.');
  });
});

describe('npm start -- new', () => {
  it.each([
    [
      'hire',
      'E-50\nkim@northlight.example\nKim\nBerg\n2026-12-01\npipedrive,drata\n\nmara.lindqvist@northlight.example\nEurope/Berlin\n',
    ],
    [
      'leaver',
      'E-1005\ntomas.herrera@northlight.example\n2026-11-27\nEurope/Berlin\nnow\nmara.lindqvist@northlight.example\n',
    ],
  ])('writes a %s that can be played', async (word, input) => {
    const path = join(mkdtempSync(join(folder, 'new-')), 'event.json');
    expect(await runCommand(['new', word, path], { input })).toMatchObject({ code: 0, stderr: '' });
    expect((await runCommand(['run', path, '--fast', '--json'])).code).toBe(0);
    expect(await runCommand(['new', word, path], { input })).toMatchObject({ code: 2 });
  });

  it('asks a terminal again where an answer cannot be used, and leaves it to the shell at the end', async () => {
    const path = join(mkdtempSync(join(folder, 'new-')), 'event.json');
    const answers = ['', 'E-51', 'kim', 'kim@northlight.example', 'Kim', 'Berg', '1.12.2026', '2026-12-01'];
    const more = ['pipedrvie', 'drift', '', 'Atlantis', 'Europe/Berlin'];
    const terminal = Object.assign(new PassThrough(), { isTTY: true });
    terminal.write([...answers, ...more, ''].join('\n'));
    const printed: string[] = [];
    const output = { write: (text: string) => printed.push(text) };
    const { env } = process;
    const io = { stdout: output, stderr: output, stdin: terminal, environment: env, stopSignal: () => never };
    expect(await main(['new', 'hire', path], io)).toBe(0);
    expect(terminal.isPaused()).toBe(true);
    expect(sample(path).detail.employee).toMatchObject({ employeeId: 'E-51', timeZone: 'Europe/Berlin' });
    const shown = printed.join('');
    expect(shown.match(/(?<= {2}It ).*/g)).toEqual([
      'is missing',
      'must be an email address',
      'must be a day such as 2026-12-01',
      expect.stringMatching(/^must be pipedrive, /),
      'must be an IANA time zone such as Europe/Berlin',
    ]);
    expect(shown).not.toContain('Role in Pipedrive');
    // Before anybody types nine answers for nothing.
    const again = await runCommand(['new', 'hire', path]);
    expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining('is there already') });
    expect(again.stdout).not.toContain('Employee number');
  });

  it('writes nothing where somebody ends the input of a terminal, though the rest could be empty', async () => {
    const path = join(mkdtempSync(join(folder, 'new-')), 'event.json');
    const terminal = Object.assign(new PassThrough(), { isTTY: true });
    terminal.end('E-1005\ntomas.herrera@northlight.example\n2026-11-27\n');
    const output = { write: () => {} };
    const { env } = process;
    const io = { stdout: output, stderr: output, stdin: terminal, environment: env, stopSignal: () => never };
    expect(await main(['new', 'leaver', path], io)).toBe(2);
    expect(existsSync(path)).toBe(false);
  });

  it('says which answer cannot be used', async () => {
    const input = 'E-50\nkim\nKim\nBerg\n1 December\n';
    const { code, stderr } = await runCommand(['new', 'hire', join(folder, 'never.json')], { input });
    expect(code).toBe(2);
    expect(stderr).toMatch(/detail\.employee\.email: .*\n.*detail\.employee\.startDate: /);
    expect((await runCommand(['new', 'mover'])).stderr).toContain('expected hire or leaver');
    expect((await runCommand(['new', 'leaver'], { input: 'E-1\n' })).stderr).toContain(
      'the input ended before',
    );
  });
});

describe('an event that somebody has written by hand', () => {
  it('needs no id, no time and no source', async () => {
    const { 'detail-type': type, detail } = sample(TOMAS_LEAVES);
    const path = file('by-hand.json', { 'detail-type': type, detail });
    const ended = await runCommand(['run', path, '--json', '--fast']);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    const [report] = reportsOf(ended);
    expect(report).toMatchObject({ status: 'complete', origin: { source: 'hr' } });
    expect(report?.origin?.id).toMatch(/^[\da-f-]{36}$/);
  });

  it('is refused with all its faults at once, in words', async () => {
    const { 'detail-type': type, detail } = sample(ZOE_IS_HIRED);
    const { email: _, ...employee } = detail.employee;
    const apps = [{ app: 'pipedrive', rolle: 'Account Executive' }];
    const path = file('faults.json', { 'detail-type': type, detail: { ...detail, employee, apps } });
    expect(await runCommand(['run', path])).toEqual({
      code: 2,
      stdout: '',
      stderr: `${path}: detail.employee.email is missing\n${path}: detail.apps.0.rolle: did you mean role?\n`,
    });
  });
});

describe('bad input: exit code 2, one clear line per problem', () => {
  it.each([
    ['DRIFT_RATE_LIMIT', '{"capacity":"x"}'],
    ['TENURE_GATE', '{"limits":{"offboarding":{"people":-1}}}'],
    ['TENURE_GATE', 'x'],
  ])('a setting that is not usable, before anything is started: %s=%s', async (name, value) => {
    const ended = await runCommand(['run', TOMAS_LEAVES, '--fast'], { env: { [name]: value } });
    expect(ended).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(`${name} `) });
    expect(ended.stderr).not.toContain('    at ');
  });

  it('a setting that is not usable leaves no server open, which would keep the process from ending', {
    tags: 'slow',
  }, async () => {
    const ended = await spawnCommand(['run', TOMAS_LEAVES, '--fast'], { env: { TENURE_GATE: 'x' } }).ended;
    expect(ended).toMatchObject({ code: 2, stderr: expect.stringContaining('TENURE_GATE ') });
  });

  const broken = (change: (detail: Record<string, unknown>) => void) => {
    const event = sample(TOMAS_LEAVES);
    change(event.detail);
    return event;
  };

  it.each([
    [
      'an unknown app',
      broken((detail) => Object.assign(detail, { apps: [{ app: 'slack' }] })),
      /detail\.apps\.0\.app: .*pipedrive/,
    ],
    [
      'a malformed date',
      broken((detail) => Object.assign(detail, { lastWorkingDay: '2025-02-30' })),
      /detail\.lastWorkingDay: must be a day such as/,
    ],
    [
      'a malformed email',
      broken((detail) => Object.assign(detail, { reassignTo: 'mara' })),
      /detail\.reassignTo: .*email/,
    ],
    [
      'an unknown time zone',
      broken((detail) => Object.assign(detail, { timeZone: 'Europe/Atlantis' })),
      /detail\.timeZone: .*IANA/,
    ],
    [
      'an unknown kind of event',
      { ...sample(TOMAS_LEAVES), 'detail-type': 'employee.promoted' },
      /detail-type: .*employee\.hired/,
    ],
    ['no JSON at all', 'hello', /is not JSON/],
    [
      'JSON with a comma too many',
      '{\n  "id": "1",\n  "source": "hr",\n}\n',
      /is not JSON: line 4, column 1: unexpected "}"/,
    ],
    ['an event without its kind', { detail: {} }, /: detail-type is missing; expected employee\.hired/],
    ['a line that is no event', `${JSON.stringify(sample(TOMAS_LEAVES))}\nhello\n`, /line 2: is not JSON/],
    ['an empty array', '[]', /holds no event/],
    ['an empty file', '', /holds no event/],
  ])('for %s', async (name, content, line) => {
    const path = file(`${name.replaceAll(' ', '-')}.json`, content);
    const ended = await runCommand(['run', path, ZOE_IS_HIRED]);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    const lines = ended.stderr.trim().split('\n');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(path);
    expect(lines[0]).toMatch(line);
  });

  it.each([
    [['run'], /FILE/],
    [['walk'], /unknown command/],
    [['run', '--quick', 'x'], /--quick/],
    [['run', 'does-not-exist.json'], /does-not-exist\.json: there is no such file/],
    [['run', ANN_LEAVES, '--state', ANN_LEAVES], /^--state: .*cannot be written to/],
    [['serve', '--port', '0', '--state', ANN_LEAVES], /^--state: .*cannot be written to/],
    [['reconcile', '--files', ANN_LEAVES], /^--files: .*cannot be written to/],
    [['contact-sync', ANN_LEAVES, '--files', ANN_LEAVES], /^contact-sync: .*mkdir/],
  ])('for the words %j', async (words, line) => {
    const ended = await runCommand(words);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toMatch(line);
  });

  it.each([
    [['reconcil'], /^unknown command reconcil; did you mean reconcile\?/],
    [['run', '--secret', 'x.json', ANN_LEAVES], /there is no option --secret; did you mean --secrets\?/],
    [['serve', '--Port', '0'], /there is no option --Port; did you mean --port\?/],
    [['run', '--colour', ANN_LEAVES], /there is no option --colour\n/],
  ])('names the nearest word for %j', async (words, line) => {
    const ended = await runCommand(words);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toMatch(line);
  });

  it('for a moment that this machine cannot wait for', async () => {
    const event = sample(TOMAS_LEAVES);
    Object.assign(event.detail, { lastWorkingDay: inDays(60), when: 'endOfLastWorkingDay' });
    const ended = await runCommand(['run', file('far.json', event)]);
    expect(ended.code).toBe(2);
    // A file need not have an id.
    expect(ended.stderr).toMatch(/^employee\.terminated of E-1005: begins at .*--fast/);
  });

  it.each([
    ['further ahead than a run can wait', 400, '364 days at most'],
    ['a last working day long ago', -60, '"when": "now"'],
  ])('for a moment that cannot be, with --fast too: %s', async (_, days, advice) => {
    const event = sample(TOMAS_LEAVES);
    Object.assign(event.detail, { lastWorkingDay: inDays(days), when: 'endOfLastWorkingDay' });
    const ended = await runCommand(['run', file('never.json', event), '--fast']);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toContain(advice);
  });

  it('for a real app without credentials, or with one of two base URLs', async () => {
    const env = {
      PIPEDRIVE_BASE_URL: 'https://pipedrive.example/v1',
      DRIFT_BASE_URL: 'http://drift.example',
    };
    const ended = await runCommand(['run', TOMAS_LEAVES], { env });
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr.trim().split('\n')).toEqual([
      '--secrets: expected tenure/pipedrive/rest with {"token":"…"}, because its app is real',
      'DRIFT_BASE_URL must be an https URL (http only on loopback).',
      '--secrets: expected tenure/drift/rest with {"token":"…"}, because its app is real',
      "DRIFT_SCIM_BASE_URL: expected a URL, because the app's other surface has one",
      '--secrets: expected tenure/drift/scim with {"token":"…"}, because its app is real',
    ]);
  });

  it('is explained by --help', async () => {
    const commands = [...COMMANDS.keys()].map((name) => [name, '--help']);
    const pages = new Set<string>();
    for (const words of [['--help'], ...commands]) {
      const ended = await runCommand(words, { env: { COLUMNS: '80' } });
      expect(ended).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('Exit codes') });
      expect(tooLong(ended)).toEqual([]);
      pages.add(ended.stdout);
    }
    expect(pages.size).toBe(commands.length + 1);
    expect(pages).toContain((await runCommand(['-h'])).stdout);
  });
});

describe('the process', () => {
  it('exits with the code of the command', async () => {
    const ended = await spawnCommand(['walk']).ended;
    expect(ended).toEqual({
      code: 2,
      stdout: '',
      stderr: 'unknown command walk\nSee npm start -- --help.\n',
    });
  });

  it.each([
    [['run', TOMAS_LEAVES, '--fast']],
    [['import', '--help']],
    // test/slow/every-command.test.ts does it with all.
  ])('of %j leaves a state that can be used when nobody reads on', { tags: 'slow' }, async (words) => {
    const state = mkdtempSync(join(folder, 'head-'));
    const options = words.includes('--help') ? [] : ['--state', state];
    const ended = await spawnCommand([...words, ...options], { hangsUp: true }).ended;
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(existsSync(join(state, 'process-id'))).toBe(false);
    expect((await runCommand(['run', TOMAS_LEAVES, '--fast', '--state', state])).code).toBe(0);
  });

  it('goes on to its end when nobody reads its output any more', { tags: 'slow' }, async () => {
    const words = ['training-follow-up', '--due-days', '4'];
    expect(await spawnCommand(words, { hangsUp: true }).ended).toMatchObject({ code: 1, stderr: '' });
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('stops politely at the first %s, and ends at the next', (name) => {
    const before = process.listenerCount(name);
    const signal = processIo(new AbortController()).stopSignal();
    const [listener] = process.listeners(name).slice(before);
    expect(signal.aborted).toBe(false);
    listener?.(name);
    expect(signal.aborted).toBe(true);
    // A signal that nobody listens to ends the process.
    expect(['SIGINT', 'SIGTERM'].map((each) => process.listenerCount(each))).toEqual(
      ['SIGINT', 'SIGTERM'].map(() => before),
    );
  });

  it('has the environment that it had before a command', async () => {
    const before = { ...process.env };
    await runCommand(['run', TOMAS_LEAVES, '--fast'], { env: { ONLY_HERE: 'x' } });
    expect({ ...process.env }).toEqual(before);
  });

  it('plays nothing that comes after Ctrl-C', async () => {
    // Its own line comes before its run begins.
    const ended = await runCommand(['run', TOMAS_LEAVES, '--fast'], { stopAt: 'employee.terminated' });
    expect(ended).toMatchObject({ code: 130, stderr: expect.stringMatching(/^Stopped\..*\n$/) });
  });
});

describe('a real app', () => {
  it('is talked to with the credential of the secrets file', async () => {
    const server = await startPipedrive();
    const secrets = file('secrets.json', { 'tenure/pipedrive/rest': { token: server.tokens.rest } });
    const ended = await runCommand(['run', TOMAS_LEAVES, '--json', '--fast', '--secrets', secrets], {
      env: { PIPEDRIVE_BASE_URL: server.baseUrls.rest },
    });
    expect(ended.code).toBe(0);
    expect(server.state.users.find(({ email }) => email.startsWith('tomas'))?.active_flag).toBe(false);
    expect(ended.stdout + ended.stderr).not.toContain(server.tokens.rest);
    // The others would only seem to be done.
    expect(reportsOf(ended).map(({ apps }) => apps.map(({ app }) => app))).toEqual([['pipedrive']]);
    await server.close();
  });

  it('shuts nobody before their day, although retries are fast', async () => {
    const server = await startPipedrive();
    const secrets = file('secrets.json', { 'tenure/pipedrive/rest': { token: server.tokens.rest } });
    const { detail, ...event } = sample(TOMAS_LEAVES);
    const later = { ...detail, when: 'endOfLastWorkingDay', lastWorkingDay: inDays(2) };
    const leavesLater = file('leaves-later.json', { ...event, detail: later });
    const ended = await runCommand(['run', leavesLater, '--fast', '--secrets', secrets], {
      env: { PIPEDRIVE_BASE_URL: server.baseUrls.rest },
      stopAt: '  check new owner',
    });
    expect(ended.code).toBe(130);
    expect(ended.stdout).toContain('(--fast does not shorten this)');
    expect(server.journal.filter(({ method }) => method !== 'GET')).toEqual([]);
    expect(server.state.users.find(({ email }) => email.startsWith('tomas'))?.active_flag).toBe(true);
    await server.close();
  });

  it('that is down is tried as long as --patience says, and the report says so', async () => {
    const server = await startPipedrive();
    server.inject({ status: 503 });
    const secrets = file('secrets.json', { 'tenure/pipedrive/rest': { token: server.tokens.rest } });
    const words = ['run', TOMAS_LEAVES, '--fast', '--patience', '2', '--secrets', secrets];
    const ended = await runCommand(words, { env: { PIPEDRIVE_BASE_URL: server.baseUrls.rest } });
    expect(ended.code).toBe(1);
    // After 0.3 and 0.6 s, in the place of 30 and 60.
    expect(ended.stdout.match(/keep trying( in \S+)?: again at 20/g)).toHaveLength(2);
    expect(ended.stdout.replaceAll(/\s+/g, ' ')).toContain('It was tried twice since 20');
    expect(ended.stderr).toMatch(/is\s+left\s+open/);
    await server.close();
  });
});

describe('a company with two apps', () => {
  const env = { TENURE_APPS: 'pipedrive,drift' };

  it('has a leaver shut in these, and ends as complete', { tags: 'slow' }, async () => {
    const ended = await runCommand(['run', TOMAS_LEAVES, '--json', '--fast'], { env });
    expect(ended.code).toBe(0);
    expect(reportsOf(ended).map(({ apps }) => apps.map(({ app }) => app))).toEqual([['pipedrive', 'drift']]);
  });

  it('is told of a hire that names another, before anything is called', async () => {
    const ended = await runCommand(['run', ZOE_IS_HIRED, '--fast'], { env });
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toContain('must be an app that the company has (TENURE_APPS): pipedrive, drift');
  });

  it('has no command about one that it does not have', async () => {
    const ended = await runCommand(['compliance-sync'], { env });
    expect(ended).toEqual({
      code: 2,
      stdout: '',
      stderr: 'compliance-sync: needs Drata; the company has pipedrive, drift\n',
    });
    const misspelt = await runCommand(['run', TOMAS_LEAVES], { env: { TENURE_APPS: 'slack' } });
    expect(misspelt).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('TENURE_APPS: must name apps'),
    });
  });
});

describe('npm start -- authorize', () => {
  const NAME = 'tenure/pipedrive/rest';
  let server: Awaited<ReturnType<typeof startPipedrive>>;
  let oauth: OAuthServer;
  let env: Record<string, string>;

  beforeEach(async () => {
    server = await startPipedrive();
    oauth = oauthOf(server);
    env = {
      PIPEDRIVE_CLIENT_ID: oauth.clientId,
      PIPEDRIVE_CLIENT_SECRET: oauth.clientSecret,
      PIPEDRIVE_AUTHORIZE_URL: oauth.authorizeUrl,
      PIPEDRIVE_TOKEN_URL: oauth.tokenUrl,
    };
  });
  afterEach(() => server.close());

  it('stores tokens in the secrets file, which a run uses, refreshes and keeps there', async () => {
    const secrets = file('authorized.json', { 'tenure/drata/rest': { token: 'left as it is' } });
    const stored = () => z.parse(z.record(z.string(), z.unknown()), sample(secrets));
    const read = () => z.parse(OAuthCredential, stored()[NAME]);

    const authorized = await runCommand(['authorize', 'pipedrive', '--secrets', secrets, '--port', '8918'], {
      env,
      visit: true,
    });
    expect(authorized).toMatchObject({ code: 0, stderr: '' });
    const first = read();
    expect(oauth.accepts(first.accessToken)).toBe(true);
    expect(stored()['tenure/drata/rest']).toEqual({ token: 'left as it is' });
    expect(statSync(secrets).mode & 0o777).toBe(0o600);

    writeFileSync(
      secrets,
      JSON.stringify({ ...stored(), [NAME]: { ...first, expiresAt: '2026-01-05T00:00:00Z' } }),
    );
    const played = await runCommand(['run', TOMAS_LEAVES, '--json', '--fast', '--secrets', secrets], {
      env: { PIPEDRIVE_BASE_URL: server.baseUrls.rest },
    });
    expect(played.code).toBe(0);
    expect(oauth).toMatchObject({ refreshes: 1, revocations: 0 });
    const second = read();
    expect(oauth.accepts(second.accessToken)).toBe(true);
    expect(second.refreshToken).not.toBe(first.refreshToken);
    expect(statSync(secrets).mode & 0o777).toBe(0o600);
    const told = [authorized, played].map(({ stdout, stderr }) => stdout + stderr).join();
    for (const { accessToken, refreshToken, clientSecret } of [first, second])
      for (const secret of [accessToken, refreshToken, clientSecret]) expect(told).not.toContain(secret);
  });

  it('stores tokens in Secrets Manager with --aws', async () => {
    const puts: [string, string][] = [];
    const manager = await startSecretsManager(new Map([[NAME, '{}']]), 'the-key', {
      onPut: (...put) => puts.push(put),
    });
    const aws = {
      AWS_ENDPOINT_URL_SECRETS_MANAGER: manager.url,
      AWS_REGION: 'local',
      AWS_ACCESS_KEY_ID: 'the-key',
      AWS_SECRET_ACCESS_KEY: 'x',
    };
    const words = ['authorize', 'pipedrive', '--aws', '--port', '8919'];
    expect(await runCommand(words, { env: { ...env, ...aws }, visit: true })).toMatchObject({
      code: 0,
      stderr: '',
    });
    const [[name, text = ''] = []] = puts;
    expect(name).toBe(NAME);
    expect(oauth.accepts(z.parse(OAuthCredential, JSON.parse(text)).accessToken)).toBe(true);
    await manager.close();
  });

  it('exits 1, and says why, where Secrets Manager cannot be asked', async () => {
    const ended = await runCommand(['authorize', 'pipedrive', '--aws'], {
      env: { ...env, AWS_REGION: 'no region' },
    });
    expect(ended).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/^Region .*\n$/) });
  });

  it.each([
    [['authorize'], /expected one of pipedrive, /],
    [['authorize', 'drata', '--aws'], /expected one of/],
    [['authorize', 'drift'], /--secrets FILE or --aws/],
    [['authorize', 'drift', '--aws', '--secrets', 'x.json'], /--secrets FILE or --aws/],
    [['authorize', 'drift', '--secrets', 'no-such-file.json'], /DRIFT_CLIENT_ID/],
    [['authorize', 'drift', '--secrets', 'no-such-folder/secrets.json'], /no-such-folder/],
    [['authorize', 'drift', '--secrets', 'no-such-file.json', '--port', '0'], /--port: expected/],
  ])('exits 2 for the words %j', async (words, line) => {
    const ended = await runCommand(words);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toMatch(line);
  });
});

describe('npm start -- training-follow-up', () => {
  const FollowUps = z.object({
    followUps: z.array(z.object({ failure: z.nullable(z.string()) })),
    reports: z.array(Report),
  });

  it('plays the weeks after a hire, and says what was not completed in time', { tags: 'slow' }, async () => {
    const { code, stdout, stderr } = await runCommand(['training-follow-up', '--due-days', '4', '--json']);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    const { followUps, reports } = FollowUps.parse(JSON.parse(stdout));
    expect(followUps).toEqual([{ failure: expect.stringContaining('background check (PENDING)') }]);
    expect(reports[0]?.apps[0]?.followUps.join()).toContain('background check (PENDING)');
  });

  it.each([
    [['--due-days', '0'], '--due-days: expected'],
    [[ANN_LEAVES], 'expected a hire in Drata'],
  ])('refuses %s', async (words, message) => {
    const { code, stderr } = await runCommand(['training-follow-up', ...words]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});

describe('the lines of progress', () => {
  it.each([
    [['training-follow-up', '--due-days', '4']],
    [['contact-sync', fileURLToPath(new URL('contacts/sample.csv', SAMPLES))]],
    [['compliance-sync']],
  ])('of %j fit 80 columns', { tags: 'slow' }, async (words) => {
    const files = words[0] === 'training-follow-up' ? [] : ['--files', join(folder, 'lines')];
    const ended = await runCommand([...words, ...files]);
    expect(ended.stdout).toMatch(/\d ms$/m);
    expect(tooLong(ended)).toEqual([]);
  });
});

describe('npm start -- compliance-sync', () => {
  it('records everybody, writes both files, and prints one JSON object', async () => {
    const files = join(folder, 'files');
    const { code, stdout, stderr } = await runCommand(['compliance-sync', '--json', '--files', files]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { summary, changes, failure } = JSON.parse(stdout);
    expect(failure).toBeNull();
    expect(changes).toHaveLength(summary.people);
    expect(sample(join(files, 'compliance/personnel.json'))).toHaveLength(summary.people);
  });

  it('says why it takes minutes where somebody was hired just now, and can be stopped', {
    tags: 'slow',
  }, async () => {
    const options = ['--state', join(folder, 'hired'), '--files', join(folder, 'files')];
    await runCommand(['run', ZOE_IS_HIRED, ...options.slice(0, 2)]);
    const { code, stdout } = await runCommand(['compliance-sync', ...options], { stopAt: 'still PENDING' });
    expect(code).toBe(130);
    expect(stdout).toContain('write files: pending');
  });
});

describe('npm start -- contact-sync', () => {
  it('syncs the sample, writes the result of each row, and prints one JSON object', async () => {
    const files = join(folder, 'files');
    const file = join(folder, 'CRM export (ö).csv');
    copyFileSync(new URL('../../events/contacts/sample.csv', import.meta.url), file);
    const { code, stdout, stderr } = await runCommand(['contact-sync', file, '--json', '--files', files]);
    // Rows that failed are something for a person to look at.
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    const { summary, failure } = JSON.parse(stdout);
    expect(failure).toBeNull();
    expect(summary.outcomes).toEqual({ created: 2, updated: 2, unchanged: 1, failed: 5 });
    expect(sample(join(files, summary.files[0]))).toHaveLength(summary.rows);
  });

  it.each([
    [[], /expected one FILE/],
    [['no-such-file.csv'], /no-such-file\.csv: there is no such file/],
  ])('refuses %j as bad usage', async (words, reason) => {
    const { code, stderr } = await runCommand(['contact-sync', ...words, '--files', join(folder, 'files')]);
    expect(code).toBe(2);
    expect(stderr).toMatch(reason);
  });
});

describe('npm start -- import', () => {
  const HEAD = 'Employee #,First Name,Last Name,Work Email';

  it('says who has which account, who lacks one, and which open ones are nobody’s', async () => {
    const people = file(
      'people.csv',
      `${HEAD}\nE-1003,Ann,Lee,ann.lee@northlight.example\nE-9,Bo,Ek,bo@northlight.example\n`,
    );
    const words = ['import', people, '--apps', 'driftwood', '--files', join(folder, 'import')];
    const ended = await runCommand(words);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    for (const part of [
      /Driftwood CRM \(simulated\) +1 +0 +0 +1 +0 +124/,
      /Ann Lee \(E-1003\): Driftwood CRM d41f7000…0003/,
      /Bo Ek \(E-9\): Driftwood CRM/,
      /- Driftwood CRM \(simulated\) d41f7000…\d+, \S+@northlight\.example\n/i,
      /and 104 more/,
    ])
      expect(ended.stdout).toMatch(part);
    expect(tooLong(ended)).toEqual([]);
    const planned = await runCommand([...words, '--plan']);
    expect(planned).toMatchObject({ code: 0, stderr: '' });
    for (const part of [
      '2 people in the file; nothing was written down',
      'Driftwood CRM: would_link',
      ' To link ',
    ])
      expect(planned.stdout).toContain(part);
    expect(planned.stdout).not.toMatch(/\blinked\b/i);
  });

  it('refuses a file with what is wrong in it', async () => {
    const people = file('wrong.csv', `${HEAD}\nE-1,Ann,Lee,nobody\n`);
    const ended = await runCommand(['import', people, '--files', join(folder, 'import')]);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('row 2: email: ');
  });

  it.each([
    [[], /expected one FILE/],
    [['x.csv', '--apps', 'slack'], /--apps: expected one of pipedrive/],
    [['x.csv', '--columns', 'name=Name'], /--columns FIELD=COLUMN: expected one of employeeId/],
  ])('refuses %j as bad usage', async (words, reason) => {
    const { code, stderr } = await runCommand(['import', ...words]);
    expect(code).toBe(2);
    expect(stderr).toMatch(reason);
  });
});

describe('npm start -- reconcile', () => {
  it('prints the findings of the sample company as JSON, and writes them into files', {
    tags: 'slow',
  }, async () => {
    const files = join(folder, 'files');
    const { code, stdout, stderr } = await runCommand(['reconcile', '--json', '--files', files]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { run: name, findings, failure } = JSON.parse(stdout);
    expect(failure).toBeNull();
    expect(findings).toHaveLength(14);
    expect(sample(join(files, 'reconciliation', `${name}.json`))).toEqual(findings);
  });

  it('shows counts first, then the kinds that are asked for, with who is meant', async () => {
    const words = ['reconcile', '--apps', 'driftwood,drata', '--kind', 'leaver_can_log_in,orphan_account'];
    const { stdout, code } = await runCommand([...words, '--files', join(folder, 'kinds')]);
    expect(code).toBe(0);
    const parts = [/Finding +Count/, /leaver_can_log_in +Driftwood/, /orphan_account +D/];
    const [counts, first, second] = parts.map((part) => stdout.search(part));
    expect(counts).toBeGreaterThan(0);
    expect(first).toBeGreaterThan(counts ?? 0);
    expect(second).toBeGreaterThan(first ?? 0);
    expect(stdout).toContain('contractor@agency.example: The account is open');
    expect(stdout).toMatch(/colleague\.001@northlight\.example \(E-2001\): /);
    expect(stdout).not.toContain('missing_account');
    // Nobody has asked for it.
    expect(stdout).toContain('  fix: none');
    expect(stdout).not.toContain('Pipedrive (simulated)');
  });

  it('refuses a kind that there is not', async () => {
    const ended = await runCommand(['reconcile', '--kind', 'orphans']);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toMatch(/--kind: expected one of leaver_can_log_in/);
  });

  it('fits its tables into 80 columns', { tags: 'slow' }, async () => {
    const words = ['reconcile', '--fix', '--files', mkdtempSync(join(folder, 'fixed-'))];
    const ended = await runCommand(words);
    expect(ended).toMatchObject({ code: 1, stdout: expect.stringContaining('deactivated') });
    // An account that merely has a leaver's address is left to a person.
    expect(ended.stderr).toMatch(/employee E-2002: .*Drift account \d+ has the leaver's address/);
    expect(tooLong(ended)).toEqual([]);
  });

  it('stops cleanly on Ctrl-C, and says nothing of the steps that were under way', async () => {
    const { code, stdout, stderr } = await runCommand(['reconcile', '--files', join(folder, 'files')], {
      stopAt: '  prepare: done',
    });
    expect(code).toBe(130);
    expect(stderr).toContain('Stopped.');
    expect(stdout).not.toContain('Error');
  });

  it('exits 2 for what it does not know, and says what', async () => {
    const { code, stdout, stderr } = await runCommand(['reconcile', '--mend']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('--mend');
  });
});
