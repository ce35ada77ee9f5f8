import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type CommandIo, EXIT, type Main, printLine, processIo } from './commands/command.ts';

/** The commands by name. Each is loaded when it is asked for. */
export const COMMANDS: ReadonlyMap<string, () => Promise<{ main: Main }>> = new Map([
  ['run', () => import('./commands/run.ts')],
  ['serve', () => import('./commands/serve.ts')],
  ['reconcile', () => import('./commands/reconcile.ts')],
  ['compliance-sync', () => import('./commands/compliance-sync.ts')],
  ['training-follow-up', () => import('./commands/training-follow-up.ts')],
  ['contact-sync', () => import('./commands/contact-sync.ts')],
  ['takeover', () => import('./commands/takeover.ts')],
  ['policy', () => import('./commands/policy.ts')],
  ['authorize', () => import('./commands/authorize.ts')],
  ['reset-password', () => import('./commands/reset-password.ts')],
]);

/** Runs the command that the words name; without one, plays the sample events. Returns the exit code. */
export async function main(
  words: readonly string[],
  io: CommandIo = processIo(new AbortController()),
): Promise<number> {
  const { name, rest } = splitWords(words);
  const load = COMMANDS.get(name ?? 'run');
  if (load === undefined) {
    printLine(io.stderr, `unknown command ${name}`);
    printLine(io.stderr, 'See npm start -- --help.');
    return EXIT.badInput;
  }
  const command = await load();
  return command.main(name === undefined ? [...sampleFiles(), ...rest] : rest, io);
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
