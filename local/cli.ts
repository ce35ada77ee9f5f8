<<<<<<< HEAD

import { main } from './command-line.ts';
import { processIo } from './commands/command.ts';

=======

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { HrEvent } from '../functions/shared/events.ts';
import type { Report } from '../functions/shared/report.ts';
import { type Command, HELP, readArguments } from './commands/arguments.ts';
import { findMomentProblems, readEventFiles } from './commands/event-files.ts';
import { followUpList, progressLine, reportTable } from './commands/print-report.ts';
import { type RealApps, readRealApps } from './commands/real-apps.ts';
import { UsageError } from './runtime/usage-error.ts';

>>>>>>> 46db7ff (Refuse a moment that no run can have)

// Whoever reads the output may stop before its end, as `head` does.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

<<<<<<< HEAD
const stop = new AbortController();
process.exitCode = await main(process.argv.slice(2), processIo(stop));
// Steps that were under way when somebody stopped the command would go on for a while.
if (stop.signal.aborted) process.exit();
=======
const EXIT = { complete: 0, open: 1, badInput: 2, interrupted: 130 };

type CommandLine = (words: readonly string[]) => Promise<number>;

// Each is loaded when it is asked for. What has no name here is run or serve, which share their options.
const COMMANDS: ReadonlyMap<string, () => Promise<CommandLine>> = new Map([
  ['authorize', async () => (await import('./commands/authorize.ts')).authorizeCommand],
  ['reconcile', async () => (await import('./commands/reconcile.ts')).reconcileCommand],
  ['compliance-sync', async () => (await import('./commands/compliance-sync.ts')).complianceSyncCommand],
  [
    'training-follow-up',
    async () => (await import('./commands/training-follow-up.ts')).trainingFollowUpCommand,
  ],
  ['contact-sync', async () => (await import('./commands/contact-sync.ts')).contactSyncCommand],
  ['reset-password', async () => (await import('./commands/reset-password.ts')).resetPasswordCommand],
]);

let wasStopped = false;
process.exitCode = await main(process.argv.slice(2));
// Steps that were under way when somebody stopped it would go on for a while.
if (wasStopped) process.exit();

async function main(words: readonly string[]): Promise<number> {
  try {
    const [name = '', ...rest] = words;
    const load = COMMANDS.get(name);
    if (load !== undefined) return await (await load())(rest);
    const command = readArguments(words);
    if (command.help) return say(HELP, EXIT.complete);
    return command.verb === 'serve' ? await serveApi(command) : await playFiles(command);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return complain([error.message, 'See npm start -- --help.']);
  }
}

async function playFiles(command: Command): Promise<number> {
  const { events, problems } = readEventFiles(command.files.length > 0 ? command.files : sampleFiles());
  const realApps = readRealApps(process.env, command.secretsFile);
  const momentProblems = findMomentProblems(events, new Date(), !command.fast);
  const allProblems = [...problems, ...realApps.problems, ...momentProblems];
  if (allProblems.length > 0) return complain(allProblems);

  const reports = await playEvents(command, events, realApps);
  if (reports === null)
    return complain(
      ['Stopped. What was done stays done; play the same events again to finish the rest.'],
      EXIT.interrupted,
    );
  printReports(reports, command.json);
  return reports.every(({ status }) => status === 'complete') ? EXIT.complete : EXIT.open;
}

/** The reports of all events in order; null when somebody stopped it. */
async function playEvents(
  command: Command,
  events: readonly HrEvent[],
  realApps: RealApps,
): Promise<Report[] | null> {
  // Loaded only now, because bad input should not have to wait for it.
  const { startRuntime, RunStoppedError } = await import('./runtime/runtime.ts');
  let isQuiet = command.json;
  const tell = (line: string) => {
    if (!isQuiet) console.log(line);
  };
  const runtime = await startRuntime({
    ...runtimeOptions(command, realApps),
    onStepEnd: (end) => tell(progressLine(end)),
    onWait: (ms) => tell(waitLine(ms)),
  });
  stopRequested().then(() => {
    isQuiet = true;
    runtime.stop();
  });
  try {
    const reports: Report[] = [];
    for (const event of events) {
      tell(`\n${event['detail-type']} ${event.detail.employee.email}`);
      reports.push(await runtime.play(event));
    }
    return reports;
  } catch (error) {
    if (error instanceof RunStoppedError) return null;
    throw error;
  } finally {
    await runtime.close();
  }
}

/** Serves until somebody stops it. */
async function serveApi(command: Command): Promise<number> {
  const realApps = readRealApps(process.env, command.secretsFile);
  if (realApps.problems.length > 0) return complain(realApps.problems);
  const { startRuntime } = await import('./runtime/runtime.ts');
  const { startApi } = await import('./commands/serve.ts');
  let isQuiet = false;
  const tell = (execution: string, line: string) => {
    if (!isQuiet) console.log(`${execution}${line}`);
  };
  const runtime = await startRuntime({
    ...runtimeOptions(command, realApps),
    onStepEnd: (end) => tell(end.execution, progressLine(end)),
    onWait: (ms, execution) => tell(execution, waitLine(ms)),
    onBusEvent: (event) => tell('on the bus: ', event['detail-type']),
  });
  try {
    const api = await startApi(runtime, command.port);
    const stopped = stopRequested();
    console.log(`Serving the API on ${api.url} until Ctrl-C.`);
    await stopped;
    isQuiet = true;
    await api.close();
  } catch (error) {
    if (!isPortTaken(error)) throw error;
    return complain([`--port: ${command.port} is taken; expected a free one, or 0`]);
  } finally {
    await runtime.close();
  }
  console.error(
    'Stopped. Runs that were not over are not kept; send what started them again to finish the rest.',
  );
  return EXIT.complete;
}

function runtimeOptions({ fast, stateDirectory, secretsFile }: Command, { apps, secrets }: RealApps) {
  return {
    realApps: apps,
    secrets,
    delayScale: fast ? FAST_DELAY_SCALE : 1,
    ...(secretsFile === undefined ? {} : { secretsFile }),
    ...(stateDirectory === undefined ? {} : { stateDirectory }),
  };
}

/** Resolves at Ctrl-C or a polite kill; the second time the process ends at once. */
async function stopRequested(): Promise<void> {
  await new Promise((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  wasStopped = true;
}

function waitLine(ms: number): string {
  return `  waiting until ${new Date(Date.now() + ms).toISOString()} (--fast does not wait)`;
}

function isPortTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}

function printReports(reports: readonly Report[], json: boolean): void {
  if (json) {
    console.log(JSON.stringify(reports, null, 2));
    return;
  }
  console.log(`\n${reports.map(reportTable).join('\n\n')}`);
  console.log(`\n${followUpList(reports)}`);
}

function sampleFiles(): string[] {
  const folder = fileURLToPath(new URL('../events/', import.meta.url));
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => join(folder, name));
}

function complain(problems: readonly string[], code = EXIT.badInput): number {
  for (const problem of problems) console.error(problem);
  return code;
}

function say(text: string, code: number): number {
  console.log(text);
  return code;
}
>>>>>>> 46db7ff (Refuse a moment that no run can have)
