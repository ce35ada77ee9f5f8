import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import type { StepEnd } from '../aws/engine.ts';
import type { Runtime, RuntimeOptions } from '../runtime/runtime.ts';
import { UsageError } from '../runtime/usage-error.ts';
import { progressLine } from './print-report.ts';
import { readRealApps } from './real-apps.ts';

/** The options that all commands besides run and serve have. */
export const RUNTIME_OPTIONS = {
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  files: { type: 'string' },
  state: { type: 'string' },
  secrets: { type: 'string' },
} as const satisfies ParseArgsOptionsConfig;

export type RuntimeValues = { json?: boolean; files?: string; state?: string; secrets?: string };

/**
 * The options and operands of a command.
 *
 * @throws UsageError
 */
export function parseCommand<Options extends ParseArgsOptionsConfig>(
  command: string,
  words: readonly string[],
  options: Options,
  allowPositionals = false,
) {
  try {
    return parseArgs({ args: [...words], options, allowPositionals });
  } catch (error) {
    throw new UsageError(`${command}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/**
 * Starts a runtime as the options say, hands it to a command, and closes it. Returns the exit code.
 *
 * @param work is told whether all apps are simulated and nothing is kept, which is when samples may be planted.
 * @param more what the options do not say; `onStepEnd` prints, and is not called where nothing is to be printed.
 */
export async function withRuntime(
  values: RuntimeValues,
  work: (runtime: Runtime, isSample: boolean) => Promise<number>,
  more: RuntimeOptions = {},
): Promise<number> {
  const { json = false, files, state, secrets } = values;
  const { onStepEnd = (end: StepEnd) => console.log(progressLine(end)), ...options } = more;
  const realApps = readRealApps(process.env, secrets);
  if (realApps.problems.length > 0) {
    for (const problem of realApps.problems) console.error(problem);
    return 2;
  }
  const { startRuntime, RunStoppedError } = await import('../runtime/runtime.ts');
  let isQuiet = json;
  const runtime = await startRuntime({
    realApps: realApps.apps,
    secrets: realApps.secrets,
    onStepEnd: (end) => {
      if (!isQuiet) onStepEnd(end);
    },
    ...(files === undefined ? {} : { filesDirectory: files }),
    ...(secrets === undefined ? {} : { secretsFile: secrets }),
    ...(state === undefined ? {} : { stateDirectory: state }),
    ...options,
  });
  const stop = () => {
    // Steps that are under way end in errors that mean nothing.
    isQuiet = true;
    runtime.stop();
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  try {
    return await work(runtime, state === undefined && realApps.apps.length === 0);
  } catch (error) {
    if (!(error instanceof RunStoppedError)) throw error;
    console.error('Stopped. What was done stays done; start it again to do the rest.');
    return 130;
  } finally {
    await runtime.close();
  }
}
