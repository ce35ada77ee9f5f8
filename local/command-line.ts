import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { didYouMean } from '../functions/shared/nearest.ts';
import { asksForHelp, type CommandIo, EXIT, type Main, processIo } from './commands/command.ts';
import { printError, printLine } from './commands/print.ts';

type Command = {
  /** What is typed after its name. */
  words: string;
  summary: string;
  load: () => Promise<{ main: Main }>;
};

const command = (words: string, summary: string, load: Command['load']): Command => ({
  words,
  summary,
  load,
});

/** The commands by name, in the order in which the help lists them. Each is loaded when it is asked for. */
export const COMMANDS: ReadonlyMap<string, Command> = new Map([
  [
    'new',
    command('hire|leaver', 'ask for what is needed, and write an event', () => import('./commands/new.ts')),
  ],
  ['run', command('FILE…', 'play the events of these files', () => import('./commands/run.ts'))],
  ['plan', command('FILE…', 'show what these events would change', () => import('./commands/plan.ts'))],
  [
    'import',
    command('FILE', 'link the accounts of who works here already', () => import('./commands/import.ts')),
  ],
  ['serve', command('', 'serve the API on 127.0.0.1 until Ctrl-C', () => import('./commands/serve.ts'))],
  [
    'reconcile',
    command('', 'compare every account with what HR wants', () => import('./commands/reconcile.ts')),
  ],
  [
    'compliance-sync',
    command('', 'record who is compliant in Drata', () => import('./commands/compliance-sync.ts')),
  ],
  [
    'training-follow-up',
    command('', 'play the weeks after a hire in Drata', () => import('./commands/training-follow-up.ts')),
  ],
  [
    'contact-sync',
    command('FILE', "sync the contacts of a CRM's file to Drift", () => import('./commands/contact-sync.ts')),
  ],
  ['doctor', command('[APP…]', 'check the apps, tokens and settings', () => import('./commands/doctor.ts'))],
  ['runs', command('[show RUN]', 'list the runs, or show one of them', () => import('./commands/runs.ts'))],
  ['evidence', command('RUN', 'print the whole record of a run', () => import('./commands/evidence.ts'))],
  ['verify', command('FILE', 'check such a record', () => import('./commands/verify.ts'))],
  ['follow-ups', command('', 'list what runs have left to people', () => import('./commands/follow-ups.ts'))],
  [
    'findings',
    command('', 'list what the last reconciliation found', () => import('./commands/findings.ts')),
  ],
  ['release', command('RUN…', 'let held runs go on', () => import('./commands/release.ts'))],
  ['reject', command('RUN…', 'end held runs', () => import('./commands/reject.ts'))],
  [
    'takeover',
    command('OLD NEW', "give an employee's accounts to another id", () => import('./commands/takeover.ts')),
  ],
  ['erase', command('EMPLOYEE_ID', 'forget somebody who left long ago', () => import('./commands/erase.ts'))],
  [
    'roster',
    command('FILE', 'take a file of everybody who works here', () => import('./commands/roster.ts')),
  ],
  [
    'policy',
    command('check', 'check who gets what, or explain one person', () => import('./commands/policy.ts')),
  ],
  ['hr-demo', command('', "play a year of a sample company's HR", () => import('./commands/hr-demo.ts'))],
  ['authorize', command('VENDOR', 'get OAuth tokens of an app', () => import('./commands/authorize.ts'))],
  [
    'reset-password',
    command('', "set a Driftwood password with a mail's token", () => import('./commands/reset-password.ts')),
  ],
]);

/** Runs the command that the words name; without one, plays the sample events. Returns the exit code. */
export async function main(
  words: readonly string[],
  io: CommandIo = processIo(new AbortController()),
): Promise<number> {
  const { name, rest } = splitWords(words);
  if (name === undefined && asksForHelp(words)) {
    const { overview } = await import('./commands/overview.ts');
    printLine(io.stdout, ...overview(COMMANDS).split('\n'));
    return EXIT.complete;
  }
  const found = COMMANDS.get(name ?? 'run');
  if (found === undefined) {
    printError(io.stderr, `unknown command ${name}${didYouMean(name ?? '', [...COMMANDS.keys()])}`);
    printError(io.stderr, 'See npm start -- --help.');
    return EXIT.badInput;
  }
  const { main: runCommand } = await found.load();
  return runCommand(name === undefined ? [...sampleFiles(), '--preview', ...rest] : rest, io);
}

/** The first word that is no option is the command's name; options of run and serve may stand before it. */
function splitWords(words: readonly string[]): { name?: string; rest: readonly string[] } {
  const { tokens } = parseArgs({
    args: [...words],
    strict: false,
    tokens: true,
    options: { port: { type: 'string' }, state: { type: 'string' }, secrets: { type: 'string' } },
  });
  const first = tokens.find(({ kind }) => kind === 'positional');
  if (first === undefined) return { rest: words };
  const rest = words.filter((_, index) => index !== first.index);
  return { name: words[first.index] ?? '', rest };
}

function sampleFiles(): string[] {
  const folder = fileURLToPath(new URL('../events/', import.meta.url));
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => join(folder, file));
}
