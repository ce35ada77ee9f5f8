import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../local/command-line.ts';
import { runCommand, spawnCommand } from '../local/command-line.ts';
import { type TypedCommand, typeCommands } from '../local/typed-commands.ts';

const folder = mkdtempSync(join(tmpdir(), 'tenure-every-'));
let before: string;
let commands: Record<string, TypedCommand>;
let close: () => void;

beforeAll(async () => {
  ({ state: before, typed: commands, close } = await typeCommands(folder));
}, 60_000);
afterAll(() => close());

function callOf(name: string) {
  const typed = commands[name];
  if (typed === undefined) throw new Error(`Write down what somebody types for ${name}.`);
  const state = join(folder, `${name}-state`);
  rmSync(state, { recursive: true, force: true });
  cpSync(before, state, { recursive: true });
  const { words, input = '', env = {}, needsNoState = false, printsJson = false } = typed;
  return {
    words: [name, ...words, ...(needsNoState ? [] : ['--state', state])],
    input,
    env,
    state,
    printsJson,
  };
}

/** The lines of a text that are wider, and no address of the web, which nothing can break. */
const tooWide = (text: string) =>
  text.split('\n').filter((line) => line.length > 80 && !/^\s*https?:\S+$/.test(line));

/** Every word of a text, whatever lines it stands on. */
const wordsOf = (text: string) => text.split(/\s+/).filter((word) => /^[\w./:@-]{6,}$/.test(word));

describe.each([...COMMANDS.keys()])('%s', (name) => {
  it('prints lines of at most 80 columns, and splits no word', { timeout: 60_000 }, async () => {
    const { words, input, env: more, printsJson } = callOf(name);
    const env = { ...more, COLUMNS: '80' };
    const stopAt = name === 'serve' ? 'until Ctrl-C' : undefined;
    const { code, stdout, stderr } = await runCommand(words, { env, input, ...(stopAt && { stopAt }) });
    expect([0, 1, 2]).toContain(code);
    if (!printsJson) expect(tooWide(stdout)).toEqual([]);
    expect(tooWide(stderr)).toEqual([]);
    const wide = wordsOf(`${stdout}\n${stderr}`).filter(
      (word) => word.length > 80 && !word.startsWith('http'),
    );
    expect(wide).toEqual([]);
  });

  it('leaves a usable state and an exit code when nobody reads on', { timeout: 60_000 }, async () => {
    const { words, input, env, state } = callOf(name);
    const stopAt = name === 'serve' ? 'Real:' : undefined;
    const { code } = await spawnCommand(words, { input, env, hangsUp: true, ...(stopAt && { stopAt }) })
      .ended;
    expect([0, 1, 2]).toContain(code);
    expect(existsSync(join(state, 'process-id'))).toBe(false);
    const runs = await runCommand(['runs', '--state', state]);
    expect(runs).toMatchObject({ code: 0, stderr: '' });
    expect(runs.stdout).toContain('offboarding');
  });
});
