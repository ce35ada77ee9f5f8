import type { ParseArgsOptionsConfig } from 'node:util';
import { APP_TITLES, type App } from '../../functions/shared/apps.ts';
import { APPS_VARIABLE } from '../../functions/shared/companys-apps.ts';
import { RunStoppedError } from '../runtime/run-stopped-error.ts';
import { UsageError } from '../runtime/usage-error.ts';
import { readCompanysApps } from './real-apps.ts';

/** The exit codes of all commands. */
export const EXIT = { complete: 0, open: 1, badInput: 2, stopped: 130 };

export type Output = { write: (text: string) => unknown };

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
export type Main = (words: readonly string[], io?: CommandIo) => Promise<number>;

/** What was typed, for the command that it was typed for. */
export type Call<Values> = { values: Values; operands: string[]; io: CommandIo };

/** The option that every command has. */
export const HELP_OPTION = {
  help: { type: 'boolean', short: 'h' },
} as const satisfies ParseArgsOptionsConfig;

type Parsed<Values> = { values: Values; positionals: string[] };

type CommandSpec<Values> = {
  name: string;
  /** The app that the command is about, without which it has nothing to do. */
  app?: App;
  /** What `--help` prints; at most 80 columns wide. */
  help: string;
  /** Node's `parseArgs` with the command's options. @throws Error for words that it does not know */
  parse: (args: string[]) => Parsed<Values>;
  /** Stands in for the message of `parse` where that must not be printed, because it quotes what was typed. */
  usage?: string;
  /** @throws UsageError, BadInputError, RunStoppedError */
  run: (call: Call<Values>) => Promise<number>;
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
export function defineCommand<Values extends { help?: boolean | undefined }>(
  command: CommandSpec<Values>,
): Main {
  return async (words, io = processIo(new AbortController())) => {
    const giveBack = takeEnvironment(io.environment);
    try {
      const { values, positionals } = parse(command, words);
      if (values.help) {
        io.stdout.write(command.help);
        return EXIT.complete;
      }
      nameCompanysApps(command, io.environment);
      return await command.run({ values, operands: positionals, io });
    } catch (error) {
      return complain(command.name, error, io);
    } finally {
      giveBack();
    }
  };
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

/** Writes a line, or several. */
export function printLine(output: Output, line: string): void {
  output.write(`${line}\n`);
}

/** Writes a value as JSON that a person can read. */
export function printJson(output: Output, value: unknown): void {
  printLine(output, JSON.stringify(value, null, 2));
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

function parse<Values>(
  { name, parse: read, usage }: CommandSpec<Values>,
  words: readonly string[],
): Parsed<Values> {
  try {
    return read([...words]);
  } catch (error) {
    throw new UsageError(usage ?? `${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** What was thrown, on standard error and as an exit code. What no command expects is thrown again. */
function complain(name: string, error: unknown, { stderr }: CommandIo): number {
  if (error instanceof UsageError) {
    printLine(stderr, error.message);
    printLine(stderr, `See npm start -- ${name} --help.`);
    return EXIT.badInput;
  }
  if (error instanceof BadInputError) {
    for (const problem of error.problems) printLine(stderr, problem);
    return EXIT.badInput;
  }
  if (error instanceof RunStoppedError) {
    printLine(stderr, 'Stopped. What is done stays done; start it again to do the rest.');
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
    throw new BadInputError([error instanceof Error ? error.message : String(error)]);
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
