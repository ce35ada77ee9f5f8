import { existsSync } from 'node:fs';
import * as z from 'zod/mini';
import { APPS } from '../../functions/shared/apps.ts';
import { Dialect } from '../../functions/vendor/dialect.ts';
import type { StepEnd, StepStart } from '../aws/engine.ts';
import type { ReceivedMessage } from '../aws/topic.ts';
import { noSuchFolder } from '../runtime/absent.ts';
import type { RuntimeOptions } from '../runtime/options.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { UsageError } from '../runtime/usage-error.ts';
import { BadInputError, type Call, type Options } from './command.ts';
import { filesFolder, placeLines } from './places.ts';
import { printError, printLine, printPassing } from './print.ts';
import { describeSteps, describeWait } from './progress.ts';
import { type RealApps, readCompanysApps, readRealApps } from './real-apps.ts';
import type { View } from './view.ts';

/** The options of the commands that show accounts and steps. */
export const VIEW_OPTIONS = {
  verbose: { type: 'boolean' },
  wide: { type: 'boolean' },
} as const satisfies Options;

/** The options of every command that starts a runtime, by which it finds what is kept and which apps there are. */
export const PLACE_OPTIONS = {
  state: { type: 'string' },
  secrets: { type: 'string' },
  dialect: { type: 'string', of: Dialect.options },
} as const satisfies Options;

/** The options of the commands that play events. */
export const PLAY_OPTIONS = {
  ...PLACE_OPTIONS,
  fast: { type: 'boolean' },
  patience: { type: 'string' },
} as const satisfies Options;

/** The options of the commands that look at all accounts or contacts. */
export const RUNTIME_OPTIONS = {
  ...PLACE_OPTIONS,
  ...VIEW_OPTIONS,
  json: { type: 'boolean' },
  files: { type: 'string' },
} as const satisfies Options;

export type RuntimeValues = {
  verbose?: boolean | undefined;
  wide?: boolean | undefined;
  json?: boolean | undefined;
  fast?: boolean | undefined;
  files?: string | undefined;
  state?: string | undefined;
  secrets?: string | undefined;
  dialect?: string | undefined;
};

export type RuntimeCall = Pick<Call<RuntimeValues>, 'values' | 'io'> & {
  /** Whether it asks the tables only, so that no app's secret is needed. */
  callsNoApp?: true;
};

/** Prints a line of progress; nothing with `--json`, and nothing once somebody has stopped the command. */
export type Tell = (...lines: string[]) => void;

/** What a command works with. */
export type Session = {
  runtime: Runtime;
  /** Whether the company has all apps, all simulated, and nothing is kept: samples may be planted then. */
  isSample: boolean;
  tell: Tell;
  view: View;
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
  call: RuntimeCall,
  work: (session: Session) => Promise<number>,
  more: (tell: Tell, describe: (end: StepEnd) => string) => RuntimeOptions = () => ({}),
): Promise<number> {
  const { values, io } = call;
  const realApps = requireRealApps(call);
  const companysApps = readCompanysApps(io.environment);
  const stopped = io.stopSignal();
  const isQuiet = () => values.json === true || stopped.aborted;
  // What runs say that go on before the first lines are printed.
  let early: string[] | null = [];
  const tell = (...lines: string[]) => {
    // Steps that are under way when somebody stops end in errors that mean nothing.
    if (isQuiet()) return;
    if (early === null) printLine(io.stdout, ...lines);
    else early.push(...lines);
  };
  const tellPassing = (line: string) => {
    if (!isQuiet() && early === null) printPassing(io.stdout, line);
  };
  const delayScale = values.fast ? FAST_DELAY_SCALE : 1;
  const describe = describeSteps({ isVerbose: values.verbose ?? false, delayScale });
  const asked = more(tell, describe);
  const { onStepEnd = (end: StepEnd) => tell(describe(end)) } = asked;
  const watch = watchSteps((start, ms) => tellPassing(describeWait(start, ms)));
  // Loaded only now, because bad input should not have to wait for it.
  const { startRuntime } = await import('../runtime/runtime.ts');
  const runtime = await startRuntime({
    ...runtimeOptions(values, realApps, delayScale),
    onDeadLetter: (reason) => printError(io.stderr, reason),
    // On standard error, as standard output may be JSON.
    onMessage: (message) => printError(io.stderr, '', ...messageLines(message), ''),
    ...asked,
    onStepStart: watch.begin,
    onStepEnd: (end) => {
      watch.end(end);
      onStepEnd(end);
    },
  });
  const first = placeLines(values, { real: realApps.apps, all: companysApps, environment: io.environment });
  const lines = [...first, ...early];
  early = null;
  tell(...lines);
  if (stopped.aborted) runtime.stop();
  stopped.addEventListener('abort', runtime.stop, { once: true });
  try {
    const hasAll = companysApps.length === APPS.length;
    const view = viewOf(values, realApps);
    const isSample = values.state === undefined && realApps.apps.length === 0 && hasAll;
    return await work({ runtime, isSample, tell, view, stopped });
  } finally {
    watch.stop();
    await runtime.close();
  }
}

/** A message as it stands beside a report, which says itself why a run is left open. */
function messageLines({ text, kind }: ReceivedMessage): string[] {
  const lines = text.split('\n');
  return kind === 'failed' ? lines.filter((line) => !/^(Employee|Apps|Reason): /.test(line)) : lines;
}

/** How a command shows what it has found. */
export function viewOf({ wide = false }: RuntimeValues, { apps }: Pick<RealApps, 'apps'>): View {
  return { realApps: apps, isWide: wide };
}

// Sooner, nobody wonders.
const PATIENCE_MS = 3_000;

/** Tells again and again of a step that takes long. */
function watchSteps(tell: (start: StepStart, ms: number) => void) {
  const timers = new Map<string, NodeJS.Timeout>();
  const keyOf = ({ execution, step, app }: StepStart) => `${execution} ${step} ${app}`;
  const end = (start: StepStart) => {
    clearInterval(timers.get(keyOf(start)));
    timers.delete(keyOf(start));
  };
  return {
    begin: (start: StepStart) => {
      let ms = 0;
      const timer = setInterval(() => {
        ms += PATIENCE_MS;
        tell(start, ms);
      }, PATIENCE_MS);
      timers.set(keyOf(start), timer.unref());
    },
    end,
    stop: () => {
      for (const timer of timers.values()) clearInterval(timer);
    },
  };
}

/**
 * The value of `--state`, for a command that has nothing to do without what another one has kept there.
 *
 * @param otherwise what holds without it.
 * @throws UsageError where it is not given, or there is no such folder
 */
export function requireState(name: string, state: string | undefined, otherwise: string): string {
  if (state === undefined)
    throw new UsageError(`${name}: expected --state DIR, because ${otherwise} without it`);
  if (!existsSync(state)) throw new UsageError(`--state: ${noSuchFolder(state)}`);
  return state;
}

/**
 * The real apps and their secrets.
 *
 * @param problems what is wrong with the input besides.
 * @throws BadInputError for these problems, and for what a real app lacks.
 */
export function requireRealApps(
  { values, io, callsNoApp }: RuntimeCall,
  problems: readonly string[] = [],
): RealApps {
  const realApps = readRealApps(io.environment, values.secrets, { needsSecrets: callsNoApp !== true });
  const all = [...problems, ...realApps.problems];
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

function runtimeOptions(
  values: RuntimeValues,
  { apps, secrets }: RealApps,
  delayScale: number,
): RuntimeOptions {
  const { files, state, secrets: secretsFile } = values;
  return {
    realApps: apps,
    keepsMoments: apps.length > 0,
    secrets,
    dialect: z.safeParse(Dialect, values.dialect).data,
    delayScale,
    ...(files === undefined && state === undefined ? {} : { filesDirectory: filesFolder(values) }),
    ...(secretsFile === undefined ? {} : { secretsFile }),
    ...(state === undefined ? {} : { stateDirectory: state }),
  };
}
