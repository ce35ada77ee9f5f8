import { mkdtempSync, rmSync } from 'node:fs';
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
  }
});

it.each(NAMES)('%s explains each of its options', async (name) => {
  const { main } = (await COMMANDS.get(name)?.load()) ?? {};
  const { stderr } = await runCommand([name, '--nothing-like-it']);
  expect(main).toBeDefined();
  expect(stderr).toContain(`npm start -- ${name} --help`);
});

describe('what is real, and where everything is', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tenure-places-'));
  let state: string;
  let commands: Record<string, TypedCommand>;
  let close: () => void;

  beforeAll(async () => {
    ({ state, typed: commands, close } = await typeCommands(folder));
  });
  afterAll(() => {
    close();
    rmSync(folder, { recursive: true, force: true });
  });

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
