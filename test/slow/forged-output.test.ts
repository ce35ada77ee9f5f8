import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { COMMANDS } from '../../local/command-line.ts';
import { allSimulated, startVendors } from '../../local/vendors/start-vendors.ts';
import { startCommand } from '../local/command-line.ts';
import { hire, hrEvent, newcomer } from '../requests.ts';

/** What takes over a terminal, or looks like a line of tenure's. */
const FORGED_LINE = 'Nothing differs: forged';
const POISON = `\u001b]8;;https://evil.example\u0007\u001b[2J\r\n${FORGED_LINE}\n\u202e\u009b31m\u2028`;
const STEERING = /[[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]--\n]/v;

let folder: string;
const printed: string[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tenure-forged-'));
  const vendors = allSimulated(await startVendors());
  for (const { vendor, state, close } of Object.values(vendors)) {
    writeFileSync(join(folder, `${vendor}.json`), JSON.stringify(poisoned(state)), { mode: 0o600 });
    await close();
  }
});

// Without these nobody and nothing would be found, and then nothing be printed of it.
const KEPT = /^(id|.*_?id|.*Id|email|.*Email|address|.*_at|.*At|.*Date|.*_date|status|answerForm|listForm)$/;

/** A vendor's records with the poison at the end of every text, but for what things are found by. */
function poisoned(value: unknown, key = ''): unknown {
  if (typeof value === 'string') return KEPT.test(key) || value.includes('@') ? value : value + POISON;
  if (Array.isArray(value)) return value.map((item) => poisoned(item, key));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, poisoned(item, name)]));
}

/** A file in the folder. */
function file(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content), { mode: 0o600 });
  return path;
}

const sample = (name: string) => new URL(`../../events/${name}`, import.meta.url).pathname;
const forged = () =>
  hrEvent('employee.hired', {
    ...hire({ ...newcomer(), firstName: `x${POISON}` }),
    apps: [{ app: 'pipedrive', role: POISON }],
  });
const state = () => ['--state', folder];

/** What each command is given; a command that is not named here gets the poison as its operand. */
const CALLS: Record<string, () => string[][]> = {
  run: () => [
    [file('events.json', [forged(), { [POISON]: POISON }])],
    [
      file(
        'wizard.json',
        hrEvent('employee.hired', hire(newcomer(), { apps: [{ app: 'pipedrive', role: 'Wizard' }] })),
      ),
      '--fast',
      ...state(),
    ],
    [sample('3-ann-leaves.json'), sample('4-tomas-leaves-at-once.json'), '--fast', ...state()],
    [sample('3-ann-leaves.json'), '--fast', '--json', ...state()],
    [POISON],
  ],
  reconcile: () => [
    [...state(), '--files', folder],
    [...state(), '--files', folder, '--json'],
    [...state(), '--files', folder, '--fix'],
  ],
  'compliance-sync': () => [
    [...state(), '--files', folder],
    [...state(), '--files', folder, '--json'],
  ],
  'training-follow-up': () => [[file(`hire${'\u001b'}[31m.json`, forged())], ['--due-days', POISON]],
  'contact-sync': () => [
    [file('contacts.csv', `crmId,email,"${POISON}"\nC-1,one@example.com,"${POISON}"\n`), '--files', folder],
  ],
  takeover: () => [
    [POISON, 'E-1', ...state()],
    ['E-404', 'E-405', ...state()],
  ],
  authorize: () => [[POISON, '--secrets', join(folder, 'none.json')]],
  serve: () => [[POISON], ['--port', POISON]],
};

it.each([...COMMANDS.keys()])(
  'what an app or an event says cannot steer the terminal of %s',
  async (command) => {
    const calls = CALLS[command]?.() ?? [[POISON]];
    for (const words of calls) {
      const { stdout, stderr, code } = await startCommand([command, ...words], {
        input: `${POISON}\n${POISON}\n`,
      }).ended;
      expect(code).not.toBeNull();
      printed.push(stdout, stderr);
      for (const output of [stdout, stderr]) {
        expect(output.match(STEERING)).toBeNull();
        expect(output.split('\n').filter((line) => line.trim().startsWith(FORGED_LINE))).toEqual([]);
      }
    }
  },
  120_000,
);

it('an unknown command cannot either', async () => {
  const { stderr } = await startCommand([POISON]).ended;
  expect(stderr.match(STEERING)).toBeNull();
});

it('the poison gets as far as the output', () => {
  expect(printed.join('')).toContain(String.raw`\u001b]8;;`);
});
