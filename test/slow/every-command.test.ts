import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../local/command-line.ts';
import { ANN } from '../../local/vendors/company.ts';
import { runCommand, spawnCommand } from '../local/command-line.ts';
import { hire, hrEvent, inDays, newcomer, termination } from '../requests.ts';

const folder = mkdtempSync(join(tmpdir(), 'tenure-every-'));
const before = join(folder, 'before');
const file = (name: string, content: string | object) => {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
};
const SAMPLE = fileURLToPath(new URL('../../events/4-tomas-leaves-at-once.json', import.meta.url));
const LATER = file('later.json', hrEvent('employee.hired', hire(newcomer(), { apps: [{ app: 'drata' }] })));
const NOBODY = file('nobody.json', [
  hrEvent('employee.hired', hire(newcomer(), { apps: [{ app: 'pipedrive', role: 'Wizard' }] })),
  hrEvent('employee.terminated', termination(ANN, { reassignTo: 'nobody@northlight.example' })),
]);
const PEOPLE = file(
  'people.csv',
  'Employee #,First Name,Last Name,Work Email,Status\nE-1001,Mara,Lindqvist,mara.lindqvist@northlight.example,Active\n',
);
const ROSTER = file(
  'roster.csv',
  `Employee #,First Name,Last Name,Email,Status,Hire Date\n7,Ada,North,ada@northlight.example,Active,${inDays(-90)}\n`,
);
const CONTACTS = file(
  'contacts.csv',
  `crmId,email\n${Array.from({ length: 14 }, (_, row) => `${row},nobody`).join('\n')}\n`,
);

/** What somebody would type for each command; an empty list of words is the command alone. */
const TYPED: Record<string, { words: string[]; input?: string; needsNoState?: true; printsJson?: true }> = {
  new: { words: ['hire', join(folder, 'new.json')], input: '\n'.repeat(20), needsNoState: true },
  run: { words: [NOBODY, '--fast'] },
  plan: { words: [SAMPLE] },
  import: { words: [PEOPLE] },
  serve: { words: ['--port', '0', '--fast'] },
  reconcile: { words: ['--fix'] },
  'compliance-sync': { words: ['--files', join(folder, 'files')], needsNoState: true },
  'training-follow-up': { words: [], needsNoState: true },
  'contact-sync': { words: [CONTACTS] },
  doctor: { words: [] },
  runs: { words: [] },
  evidence: { words: ['RUN'], printsJson: true },
  verify: { words: [SAMPLE], needsNoState: true },
  'follow-ups': { words: [] },
  findings: { words: [] },
  release: { words: ['onboarding-nobody', '--reason', 'fine'] },
  reject: { words: ['onboarding-nobody', '--reason', 'no'] },
  takeover: { words: ['E-1', 'E-2'] },
  erase: { words: ['E-1'] },
  roster: { words: [ROSTER, '--adopt', '--fast'] },
  policy: { words: ['check'], needsNoState: true },
  'hr-demo': { words: [], needsNoState: true },
  authorize: { words: ['drift'], needsNoState: true },
  'reset-password': { words: [], input: 'token\npassword\n' },
};

const PLAYED = [...COMMANDS.keys()].map((name) => [name, TYPED[name]] as const);

beforeAll(async () => {
  const played = await runCommand(['run', SAMPLE, LATER, '--fast', '--state', before]);
  expect(played.code).toBe(0);
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function callOf(name: string, typed: (typeof TYPED)[string] | undefined) {
  if (typed === undefined) throw new Error(`Write down in TYPED what somebody types for ${name}.`);
  const state = join(folder, `${name}-state`);
  rmSync(state, { recursive: true, force: true });
  cpSync(before, state, { recursive: true });
  const { words, input = '', needsNoState = false } = typed;
  return { words: [name, ...words, ...(needsNoState ? [] : ['--state', state])], input, state };
}

/** The lines of a text that are wider, and no address of the web, which nothing can break. */
const tooWide = (text: string) =>
  text.split('\n').filter((line) => line.length > 80 && !/^\s*https?:\S+$/.test(line));

/** Every word of a text, whatever lines it stands on. */
const wordsOf = (text: string) => text.split(/\s+/).filter((word) => /^[\w./:@-]{6,}$/.test(word));

describe.each(PLAYED)('%s', (name, typed) => {
  it('prints lines of at most 80 columns, and splits no word', { timeout: 60_000 }, async () => {
    const { words, input } = callOf(name, typed);
    const env = { COLUMNS: '80' };
    const stopAt = name === 'serve' ? 'until Ctrl-C' : undefined;
    const { code, stdout, stderr } = await runCommand(words, { env, input, ...(stopAt && { stopAt }) });
    expect([0, 1, 2]).toContain(code);
    if (typed?.printsJson !== true) expect(tooWide(stdout)).toEqual([]);
    expect(tooWide(stderr)).toEqual([]);
    const wide = wordsOf(`${stdout}\n${stderr}`).filter(
      (word) => word.length > 80 && !word.startsWith('http'),
    );
    expect(wide).toEqual([]);
  });

  it('leaves a usable state and an exit code when nobody reads on', { timeout: 60_000 }, async () => {
    const { words, input, state } = callOf(name, typed);
    const stopAt = name === 'serve' ? 'Real:' : undefined;
    const { code } = await spawnCommand(words, { input, hangsUp: true, ...(stopAt && { stopAt }) }).ended;
    expect([0, 1, 2]).toContain(code);
    expect(existsSync(join(state, 'process-id'))).toBe(false);
    const runs = await runCommand(['runs', '--state', state]);
    expect(runs).toMatchObject({ code: 0, stderr: '' });
    expect(runs.stdout).toContain('offboarding');
  });
});
