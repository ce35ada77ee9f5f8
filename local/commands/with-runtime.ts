import { join, resolve } from 'node:path';
import * as z from 'zod/mini';
import { APPS } from '../../functions/shared/apps.ts';
import { Dialect } from '../../functions/vendor/dialect.ts';
import { DEFAULT_FOLDER } from '../runtime/folders.ts';
import type { RuntimeOptions } from '../runtime/options.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { UsageError } from '../runtime/usage-error.ts';
import { BadInputError, type Call, type Options } from './command.ts';
import { printError, printLine } from './print.ts';
import { progressLine } from './print-report.ts';
import { type RealApps, readCompanysApps, readRealApps } from './real-apps.ts';

/** The options of the commands that look at all accounts or contacts. */
export const RUNTIME_OPTIONS = {
  json: { type: 'boolean' },
  files: { type: 'string' },
  state: { type: 'string' },
  secrets: { type: 'string' },
  dialect: { type: 'string' },
} as const satisfies Options;

export type RuntimeValues = {
  json?: boolean | undefined;
  fast?: boolean | undefined;
  files?: string | undefined;
  state?: string | undefined;
  secrets?: string | undefined;
  dialect?: string | undefined;
};

export type RuntimeCall = Pick<Call<RuntimeValues>, 'values' | 'io'>;

/** Prints a line of progress; nothing with `--json`, and nothing once somebody has stopped the command. */
export type Tell = (...lines: string[]) => void;

/** What a command works with. */
export type Session = {
  runtime: Runtime;
  /** Whether the company has all apps, all simulated, and nothing is kept: samples may be planted then. */
  isSample: boolean;
  tell: Tell;
  /** Aborted by Ctrl-C; the runtime is stopped by then. */
  stopped: AbortSignal;
};

// A vendor that stays down is given up after about a second instead of two minutes.
const FAST_DELAY_SCALE = 0.01;

/**
 * Starts a runtime as the options say, hands it to a command, and closes it. Returns the command's exit code.
 *
 * @param more what the options do not say; without an `onStepEnd`, each step is a line of progress.
 * @throws BadInputError, UsageError; RunStoppedError when somebody stopped it.
 */
export async function withRuntime(
  { values, io }: RuntimeCall,
  work: (session: Session) => Promise<number>,
  more: (tell: Tell) => RuntimeOptions = () => ({}),
): Promise<number> {
  const realApps = requireRealApps({ values, io });
  const stopped = io.stopSignal();
  const tell = (...lines: string[]) => {
    // Steps that are under way when somebody stops end in errors that mean nothing.
    if (values.json !== true && !stopped.aborted) printLine(io.stdout, ...lines);
  };
  // Loaded only now, because bad input should not have to wait for it.
  const { startRuntime } = await import('../runtime/runtime.ts');
  const runtime = await startRuntime({
    ...runtimeOptions(values, realApps),
    onStepEnd: (end) => tell(progressLine(end)),
    onDeadLetter: (reason) => printError(io.stderr, reason),
    // On standard error, as standard output may be JSON.
    onMessage: ({ text }) => printLine(io.stderr, '', ...text.split('\n'), ''),
    ...more(tell),
  });
  if (stopped.aborted) runtime.stop();
  stopped.addEventListener('abort', runtime.stop, { once: true });
  try {
    const hasAll = readCompanysApps(io.environment).length === APPS.length;
    const isSample = values.state === undefined && realApps.apps.length === 0 && hasAll;
    return await work({ runtime, isSample, tell, stopped });
  } finally {
    await runtime.close();
  }
}

/**
 * The real apps and their secrets.
 *
 * @param problems what is wrong with the input besides.
 * @throws BadInputError for these problems, and for what a real app lacks.
 */
export function requireRealApps({ values, io }: RuntimeCall, problems: readonly string[] = []): RealApps {
  const realApps = readRealApps(io.environment, values.secrets);
  const all = [...problems, ...dialectProblems(values.dialect), ...realApps.problems];
  if (all.length > 0) throw new BadInputError(all);
  return realApps;
}

/**
 * The value of `--patience` in seconds.
 *
 * @param otherwise what it is in minutes where it is not given.
 * @throws UsageError
 */
export function readPatience(text: string | undefined, otherwise: number): number {
  const minutes = Number(text ?? otherwise);
  if (Number.isFinite(minutes) && minutes > 0) return minutes * 60;
  throw new UsageError('--patience: expected a number of minutes above 0');
}

function dialectProblems(dialect: string | undefined): string[] {
  if (dialect === undefined || z.safeParse(Dialect, dialect).success) return [];
  return ['--dialect: expected guide or live'];
}

/** Where files are: `--files`, else the folder `files` of `--state`, else the usual one. */
export function filesFolder({ files, state }: Pick<RuntimeValues, 'files' | 'state'>): string {
  return resolve(files ?? (state === undefined ? DEFAULT_FOLDER : join(state, 'files')));
}

function runtimeOptions(values: RuntimeValues, { apps, secrets }: RealApps): RuntimeOptions {
  const { fast = false, files, state, secrets: secretsFile } = values;
  return {
    realApps: apps,
    keepsMoments: apps.length > 0,
    secrets,
    dialect: z.safeParse(Dialect, values.dialect).data,
    delayScale: fast ? FAST_DELAY_SCALE : 1,
    ...(files === undefined && state === undefined ? {} : { filesDirectory: filesFolder(values) }),
    ...(secretsFile === undefined ? {} : { secretsFile }),
    ...(state === undefined ? {} : { stateDirectory: state }),
  };
}
