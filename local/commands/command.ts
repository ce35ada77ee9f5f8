import { parseArgs } from 'node:util';
import { APP_TITLES, APPS, type App } from '../../functions/shared/apps.ts';
import { APPS_VARIABLE } from '../../functions/shared/companys-apps.ts';
import { didYouMean, nearestName } from '../../functions/shared/nearest.ts';
import { RunStoppedError } from '../runtime/run-stopped-error.ts';
import { UsageError } from '../runtime/usage-error.ts';
import { type Output, printError, printLine } from './print.ts';
import { readCompanysApps } from './real-apps.ts';

/** The exit codes of all commands. */
export const EXIT = { complete: 0, open: 1, badInput: 2, stopped: 130 };

/** Where a command reads and writes, other than files and the network. */
export type CommandIo = {
  stdout: Output;
  stderr: Output;
  stdin: NodeJS.ReadableStream & { isTTY?: boolean };
  /** `process.env` while the command runs, because that is where Lambda handlers read it. */
  environment: NodeJS.ProcessEnv;
  /** Gives the signal that Ctrl-C aborts. Until a command calls this, Ctrl-C ends the process. */
  stopSignal: () => AbortSignal;
};

/**
 * Runs a command and returns its exit code. Whatever is wrong with the words or the input is on standard error by
 * then, with exit code 2. Commands may follow one another in a process, but not overlap, because they set its
 * environment.
 */
export type Main = ((words: readonly string[], io?: CommandIo) => Promise<number>) & {
  /** For whoever looks at all commands. */
  options: Options;
};

/** What was typed, for the command that it was typed for. */
export type Call<Values> = { values: Values; operands: string[]; io: CommandIo };

/** A command's options by name, in the form of Node's `parseArgs`. */
export type Options = Readonly<Record<string, Option>>;

type Option = {
  type: 'boolean' | 'string';
  short?: string;
  /** The words of which the value is one, or some where it is `many`, separated by commas. */
  of?: readonly string[];
  many?: boolean;
};

/** The values of options, by name. */
export type ValuesOf<Known extends Options> = {
  [Name in keyof Known]?: (Known[Name]['type'] extends 'boolean' ? boolean : string) | undefined;
};

/** The option that every command has. */
const HELP_OPTION = { help: { type: 'boolean', short: 'h' } } as const satisfies Options;

type CommandSpec<Known extends Options> = {
  name: string;
  /** The app that the command is about, without which it has nothing to do. */
  app?: App;
  /** What `--help` prints; at most 80 columns wide. */
  help: string;
  /** All but `--help`. */
  options: Known;
  /** Whether words may follow that are no options, such as files. */
  takesOperands?: boolean;
  /** Stands in for the message about words that are not known where that must not be printed, because it quotes them. */
  usage?: string;
  /** @throws UsageError, BadInputError, RunStoppedError */
  run: (call: Call<ValuesOf<Known>>) => Promise<number>;
};

/** Input that is refused before anything is called; one line for each problem. */
export class BadInputError extends Error {
  override readonly name = 'BadInputError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

/** A command's main: parses the words, answers `--help`, and turns what is thrown into lines and exit codes. */
export function defineCommand<const Known extends Options>(command: CommandSpec<Known>): Main {
  const main = async (words: readonly string[], io = processIo(new AbortController())) => {
    const giveBack = takeEnvironment(io.environment);
    try {
      if (asksForHelp(words)) {
        printLine(io.stdout, ...command.help.trimEnd().split('\n'));
        return EXIT.complete;
      }
      const { values, positionals } = parse(command, words);
      nameCompanysApps(command, io.environment);
      return await command.run({ values, operands: positionals, io });
    } catch (error) {
      return complain(command.name, error, io);
    } finally {
      giveBack();
    }
  };
  return Object.assign(main, { options: command.options });
}

/**
 * One of a few words.
 *
 * @param place where it was typed.
 * @throws UsageError that lists the words, with the one that was probably meant.
 */
export function readWord<Word extends string>(
  typed: string | undefined,
  words: readonly Word[],
  place: string,
): Word {
  const word = words.find((one) => one === typed);
  if (word !== undefined) return word;
  const list = new Intl.ListFormat('en', { type: 'disjunction' }).format(words);
  throw new UsageError(
    `${place}: expected ${words.length > 2 ? 'one of ' : ''}${list}${didYouMean(typed ?? '', words)}`,
  );
}

/** Some of a few words, separated by commas. @throws UsageError as `readWord` does */
export function readWords<Word extends string>(text: string, words: readonly Word[], place: string): Word[] {
  return text.split(',').map((typed) => readWord(typed.trim(), words, place));
}

/** Whether the words ask for help, whatever else they say. */
export function asksForHelp(words: readonly string[]): boolean {
  // The h of another word after one hyphen asks for nothing.
  return optionTokens(words, HELP_OPTION).some(
    ({ name, index }) => name === 'help' && /^-(h|-?help)(=|$)/.test(words[index] ?? ''),
  );
}

/**
 * The value of `--port`.
 *
 * @param least 0 where any free port will do.
 * @throws UsageError
 */
export function readPort(text: string, least: 0 | 1): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port >= least && port <= 65_535) return port;
  throw new UsageError(`--port: expected a number from ${least} to 65535`);
}

/**
 * This process's streams and environment. Once a command has asked for the signal, the first Ctrl-C or polite kill
 * aborts it, and the second one ends the process.
 */
export function processIo(stop: AbortController): CommandIo {
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    // Whoever does not read it should not open it.
    get stdin() {
      return process.stdin;
    },
    environment: process.env,
    stopSignal: () => {
      const onSignal = () => {
        process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
        stop.abort();
      };
      process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
      return stop.signal;
    },
  };
}

function parse<Known extends Options>(
  command: CommandSpec<Known>,
  words: readonly string[],
): { values: ValuesOf<Known>; positionals: string[] } {
  const { name, options, usage } = command;
  const unknown = unknownOption(words, options);
  if (unknown !== null) {
    const what = usage ?? `${name}: there is no option ${unknown.rawName}`;
    throw new UsageError(unknown.near === null ? what : `${what}; did you mean --${unknown.near}?`);
  }
  const parsed = parseWords(command, words);
  for (const [option, { of, many = false }] of Object.entries(options)) {
    const value = parsed.values[option];
    if (of === undefined || typeof value !== 'string') continue;
    if (many) readWords(value, of, `--${option}`);
    else readWord(value, of, `--${option}`);
  }
  return parsed;
}

function parseWords<Known extends Options>(
  { name, options, takesOperands = false, usage }: CommandSpec<Known>,
  words: readonly string[],
): { values: ValuesOf<Known>; positionals: string[] } {
  try {
    const { values, positionals } = parseArgs({ args: [...words], options, allowPositionals: takesOperands });
    if (!areValuesOf(options, values)) throw new Error('an option has a value of another type');
    return { values, positionals };
  } catch (error) {
    throw new UsageError(usage ?? `${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function areValuesOf<Known extends Options>(options: Known, values: object): values is ValuesOf<Known> {
  return Object.entries(values).every(([name, value]) => typeof value === options[name]?.type);
}

/** The first option that the command does not have, and the nearest one that it has; null where it has all. */
function unknownOption(
  words: readonly string[],
  options: Options,
): { rawName: string; near: string | null } | null {
  const known = { ...HELP_OPTION, ...options };
  const unknown = optionTokens(words, known).find(({ name }) => !(name in known));
  if (unknown === undefined) return null;
  // `-state` would be the options s, t, a, t and e.
  const [typed = ''] = words[unknown.index]?.match(/^-[^-=][^=]+/) ?? [];
  const [rawName, name] = typed === '' ? [unknown.rawName, unknown.name] : [typed, typed.slice(1)];
  return { rawName, near: nearestName(name, Object.keys(known)) };
}

function optionTokens(words: readonly string[], options: Options) {
  const { tokens } = parseArgs({ args: [...words], options, strict: false, tokens: true });
  return tokens.flatMap((token) => (token.kind === 'option' ? [token] : []));
}

/** What was thrown, on standard error and as an exit code. What no command expects is thrown again. */
function complain(name: string, error: unknown, { stderr }: CommandIo): number {
  if (error instanceof UsageError) {
    // In one line: what was typed may hold line ends, and must not look like a line of tenure's.
    printError(stderr, error.message);
    printError(stderr, `See npm start -- ${name} --help.`);
    return EXIT.badInput;
  }
  if (error instanceof BadInputError) {
    for (const problem of error.problems) printError(stderr, problem);
    return EXIT.badInput;
  }
  if (error instanceof RunStoppedError) {
    printError(stderr, 'Stopped. What is done stays done; start it again to do the rest.');
    return EXIT.stopped;
  }
  throw error;
}

/** What is read from here on goes by the apps that the company has, also where only base URLs tell. */
function nameCompanysApps(
  { name, app }: Pick<CommandSpec<never>, 'name' | 'app'>,
  environment: NodeJS.ProcessEnv,
): void {
  const apps = readApps(environment);
  if (app !== undefined && !apps.includes(app))
    throw new BadInputError([`${name}: needs ${APP_TITLES[app]}; the company has ${apps.join(', ')}`]);
  process.env[APPS_VARIABLE] = apps.join(',');
}

function readApps(environment: NodeJS.ProcessEnv): readonly App[] {
  try {
    return readCompanysApps(environment);
  } catch (error) {
    const typed = environment[APPS_VARIABLE]?.split(',').map((word) => word.trim()) ?? [];
    const unknown = typed.find((word) => word !== '' && !APPS.some((app) => app === word));
    const near = didYouMean(unknown ?? '', APPS);
    throw new BadInputError([`${error instanceof Error ? error.message : String(error)}${near}`]);
  }
}

/** Makes `process.env` what a command was given. Returns how to put back what was there. */
function takeEnvironment(environment: NodeJS.ProcessEnv): () => void {
  const before = { ...process.env };
  replaceEnvironment({ ...environment });
  return () => replaceEnvironment(before);
}

function replaceEnvironment(environment: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name];
  for (const [name, value] of Object.entries(environment)) if (value !== undefined) process.env[name] = value;
}
