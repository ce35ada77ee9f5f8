import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../local/command-line.ts';
import { runCommand } from './command-line.ts';
import { type TypedCommand, typeCommands } from './typed-commands.ts';

const NAMES = [...COMMANDS.keys()];
/** Wide enough that nothing is broken, so that what is written wider than that shows. */
const UNBROKEN = { COLUMNS: '1000' };

const tooWide = (text: string) => text.split('\n').filter((line) => line.length > 80);
const optionsOf = (page: string) => [...page.matchAll(/^ {2}--([\w-]+)/gm)].map(([, name = '']) => name);

it.each(['', ...NAMES])('%s --help is at most 80 wide, and says the exit codes', async (name) => {
  const words = name === '' ? ['--help'] : [name, '--help'];
  const { code, stdout } = await runCommand(words, { env: UNBROKEN });
  expect(code).toBe(0);
  expect(tooWide(stdout)).toEqual([]);
  expect(stdout).toContain('Exit codes: ');
  expect(stdout).toContain(name);
});

it.each(NAMES)('%s names the option that was meant, at most 80 wide', async (name) => {
  const { stdout: page } = await runCommand([name, '--help'], { env: UNBROKEN });
  for (const option of optionsOf(page)) {
    const { code, stdout, stderr } = await runCommand([name, `--${option}x`], { env: { COLUMNS: '80' } });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr.replaceAll('\n', ' ')).toContain(`did you mean --${option}?`);
    expect(tooWide(stderr)).toEqual([]);
    const short = await runCommand([name, `-${option}`], { env: UNBROKEN });
    if (option === 'help') expect(short.stdout).toBe(page);
    else expect(short.stderr).toContain(`; did you mean --${option}?`);
  }
});

it.each(NAMES)('%s explains each of its options', async (name) => {
  const { main } = (await COMMANDS.get(name)?.load()) ?? {};
  const { stderr } = await runCommand([name, '--nothing-like-it']);
  expect(main).toBeDefined();
  expect(stderr).toContain(`npm start -- ${name} --help`);
});

/** A word as a hasty person types it. */
const mistyped = (word: string) => `${word.slice(0, -2)}${word.at(-1)}${word.at(-2)}`;

it.each(NAMES)('%s names the value that was meant', async (name) => {
  const { options = {} } = (await COMMANDS.get(name)?.load())?.main ?? {};
  for (const [option, { of = [] }] of Object.entries(options))
    for (const value of of) {
      const { code, stdout, stderr } = await runCommand([name, `--${option}`, mistyped(value)]);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch(new RegExp(`^--${option}: expected .*; did you mean ${value}\\?\n`));
    }
});

it.each([
  [['rnu'], 'run'],
  [['follow-up'], 'follow-ups'],
  [['new', 'hier'], 'hire'],
  [['new', 'Leaver '], 'leaver'],
  [['policy', 'chek'], 'check'],
  [['runs', 'shwo', 'onboarding-E-1'], 'show'],
  [['runs', '--status', 'hold', '--state', 'S'], 'held'],
  [['doctor', 'salesfoft'], 'salesloft'],
  [['authorize', 'dirft', '--aws'], 'drift'],
  [['import', 'people.csv', '--columns', 'firstname=Vorname'], 'firstName'],
  [['reconcile', '--apps', 'drift,pipdrive'], 'pipedrive'],
  [['reconcile', '--kind', 'orphan_account,leaver_can_login'], 'leaver_can_log_in'],
])('%j names the word that was meant', async (words, meant) => {
  const { code, stdout, stderr } = await runCommand(words, { env: UNBROKEN });
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(`; did you mean ${meant}?\n`);
});

it.each([
  ['TENURE_APPS', 'pipedrvie', 'pipedrive'],
  ['PIPEDRIVE_MODE', 'SICM', 'scim'],
  ['DRATA_DIALECT', 'life', 'live'],
])('%s=%s names the word that was meant', async (variable, value, meant) => {
  const env = { ...UNBROKEN, DRATA_BASE_URL: 'https://drata.example', [variable]: value };
  const { code, stdout, stderr } = await runCommand(['doctor'], { env });
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(new RegExp(`^${variable}.*; did you mean ${meant}\\?$`, 'm'));
});

describe('a file or folder that is not there', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tenure-nowhere-'));
  for (const name of ['people.csv', 'hire.json', 'secrets.json', 'rules.yaml'])
    writeFileSync(join(folder, name), '', { mode: 0o600 });
  mkdirSync(join(folder, 'state'), { mode: 0o700 });
  const at = (name: string) => join(folder, name);

  it.each([
    ['run', 'hier.json', 'hire.json'],
    ['plan', 'hire.jsn', 'hire.json'],
    ['training-follow-up', 'hire.son', 'hire.json'],
    ['import', 'peple.csv', 'people.csv'],
    ['contact-sync', 'People.csv', 'people.csv'],
    ['roster', 'peolpe.csv', 'people.csv'],
    ['verify', 'hire.jso', 'hire.json'],
    ['run --secrets secret.json', 'hire.json', 'secrets.json'],
    ['roster --map rule.yaml', 'people.csv', 'rules.yaml'],
    ['policy check', 'rules.yml', 'rules.yaml'],
    ['policy explain', 'hires.json', 'hire.json'],
  ])('%s %s names the file that was meant', async (typed, file, meant) => {
    const words = typed.split(' ').map((word) => (word.includes('.') ? at(word) : word));
    const { code, stdout, stderr } = await runCommand([...words, at(file)], { env: UNBROKEN });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(`: there is no such file; did you mean ${at(meant)}?`);
    const folders = words.map((word) => (word === at('rule.yaml') ? folder : word));
    if (typed.includes('explain') || typed.includes('secret')) return;
    const ofFolder = await runCommand([...folders, typed.includes('--map') ? at('people.csv') : folder]);
    expect(ofFolder).toMatchObject({ code: 2, stderr: expect.stringContaining('is a folder') });
  });

  it.each([
    ['runs'],
    ['follow-ups'],
    ['findings'],
    ['evidence', 'RUN'],
    ['release', 'RUN', '--reason', 'x'],
    ['reject', 'RUN', '--reason', 'x'],
    ['takeover', 'E-1', 'E-2'],
    ['erase', 'E-1'],
    ['policy', 'explain', 'E-1'],
  ])('%s makes no state where there is none, and names the one that was meant', async (...words) => {
    const { code, stdout, stderr } = await runCommand([...words, '--state', at('stat')], { env: UNBROKEN });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(`--state: there is no folder ${at('stat')}; did you mean ${at('state')}?`);
    expect(existsSync(at('stat'))).toBe(false);
  });
});

describe('what is real, and where everything is', { tags: 'slow' }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'tenure-places-'));
  let state: string;
  let commands: Record<string, TypedCommand>;
  let close: () => void;

  beforeAll(async () => {
    ({ state, typed: commands, close } = await typeCommands(folder));
  });
  afterAll(() => close());

  // The other apps take a while, and say nothing else.
  const FEWER: Record<string, string[]> = { import: ['--apps', 'drift'], reconcile: ['--apps', 'drift'] };

  const REAL = /^Real: .+\. Simulated: .+\.\nState: .+\. Files: .+\n/;
  const NO_APP = /^No app is called, and no state is kept\.\n/;

  it.each(NAMES)('is what %s begins with, and JSON is nothing but JSON', async (name) => {
    const { words, input = '', env, needsNoState, printsJson } = commands[name] ?? { words: [] };
    const typed = [name, ...words, ...(FEWER[name] ?? []), ...(needsNoState ? [] : ['--state', state])];
    const io = { env: { ...UNBROKEN, ...env }, input, stopAt: 'Serving' };
    const { stdout } = await runCommand(typed, io);
    if (printsJson) expect(() => JSON.parse(stdout)).not.toThrow();
    else expect(stdout).toMatch(needsNoState && !/^Real/.test(stdout) ? NO_APP : REAL);
    const { stdout: page } = await runCommand([name, '--help'], { env: UNBROKEN });
    // A year takes a while; hr-demo.test.ts reads its JSON.
    if (!optionsOf(page).includes('json') || name === 'hr-demo') return;
    const json = await runCommand([...typed, '--json'], io);
    // What was refused is on standard error.
    expect(() => JSON.parse(json.stdout || 'null')).not.toThrow();
  });
});
