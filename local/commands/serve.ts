import { once } from 'node:events';
import type { StepEnd } from '../aws/engine.ts';
import type { RuntimeOptions } from '../runtime/options.ts';
import { UsageError } from '../runtime/usage-error.ts';
import { BadInputError, defineCommand, EXIT, readPort } from './command.ts';
import { printError } from './print.ts';
import { followUpList, reportTable, waitLine } from './print-report.ts';
import { jobOf } from './progress.ts';
import { readRealApps } from './real-apps.ts';
import type { View } from './view.ts';
import {
  PLAY_OPTIONS,
  readPatience,
  type Session,
  type Tell,
  VIEW_OPTIONS,
  viewOf,
  withRuntime,
} from './with-runtime.ts';

const DEFAULT_PORT = 8787;

const THREE_DAYS_MINUTES = 3 * 24 * 60;

const HELP = `npm start -- serve: serves the API on 127.0.0.1 until Ctrl-C

It is the API that docs/openapi.json describes. Beside it, it takes HR events,
one or an array:
  curl -X PUT http://127.0.0.1:${DEFAULT_PORT}/events \\
    -H 'authorization: Bearer KEY' \\
    -H 'content-type: application/json' -d @FILE
KEY is what serve prints; nobody else on this machine may call it.

  --port N         the port, ${DEFAULT_PORT} without it; 0 picks a free one and prints it
  --fast           retries wait a hundredth of the time; where every app is
                   simulated, events begin at once too
  --patience MIN   for how many minutes a login is tried again that cannot be
                   shut because its app is away; three days without it
  --state DIR      keep the tables and the simulated apps in DIR between
                   commands; in memory without it
  --secrets FILE   credentials of real apps; see npm start -- --help
  --dialect NAME   what simulated apps speak: guide or live
  --wide           show ids whole
  --verbose        show the names of states too
  --help           this text

Exit codes: 0 stopped, 2 bad usage.
`;

/** `serve`: serves the API until somebody stops it. */
export const main = defineCommand({
  name: 'serve',
  help: HELP,
  options: {
    ...VIEW_OPTIONS,
    ...PLAY_OPTIONS,
    port: { type: 'string' },
  },
  takesOperands: true,
  run: (call) => {
    const { values, operands, io } = call;
    if (operands.length > 0) throw new UsageError('serve: expected neither a FILE nor --json');
    const port = readPort(values.port ?? String(DEFAULT_PORT), 0);
    const work = async (session: Session) => {
      await serve(session, port);
      printError(io.stderr, ...describeStop(session.runtime.stopped(), values.state));
      return EXIT.complete;
    };
    const realApps = readRealApps(io.environment, values.secrets);
    const isReal = realApps.apps.length > 0;
    return withRuntime(call, work, (tell, describe) => ({
      ...tellAll(tell, describe, { isReal, view: viewOf(values, realApps) }),
      resumes: true,
      giveUpAfterSeconds: readPatience(values.patience, THREE_DAYS_MINUTES),
    }));
  },
});

async function serve({ runtime, tell, stopped }: Session, port: number): Promise<void> {
  const { startApi } = await import('../runtime/local-api.ts');
  const api = await startApi(runtime, port).catch((error: unknown) => {
    if (!isPortTaken(error)) throw error;
    throw new BadInputError([`--port: ${port} is taken; expected a free one, or 0`]);
  });
  tell(
    `Serving the API on ${api.url} until Ctrl-C.`,
    `The page: ${api.url}/#key=${api.key}`,
    'Each request needs its key, which is new at every start:',
    `  curl -H 'authorization: Bearer ${api.key}' \\`,
    `    '${api.url}/runs?employeeId=E-1005'`,
  );
  if (!stopped.aborted) await once(stopped, 'abort');
  await api.close();
}

/** Runs overlap, so the run's name is a line of its own whenever the line before was not that run's. */
function tellAll(
  tell: Tell,
  describe: (end: StepEnd) => string,
  { isReal, view }: { isReal: boolean; view: View },
): RuntimeOptions {
  let told = '';
  const tellOf = (execution: string, line: string) => {
    if (execution !== told && execution !== '') tell(execution);
    told = execution;
    tell(line);
  };
  return {
    onStepEnd: (end) => tellOf(end.execution, describe(end)),
    onWait: (ms, execution, timeZone) => tellOf(execution, waitLine(ms, timeZone, isReal)),
    onReport: (report) => {
      told = '';
      tell('', ...reportTable(report, view), '', ...followUpList([report], view), '');
    },
    onProcessed: (step, status) => {
      // The run that it has started speaks for itself.
      if (step !== 'WorkflowStart') tellOf('', `  ${jobOf({ step, app: null })}: ${status}`);
    },
    onBusEvent: (event) => tellOf('', `on the bus: ${event['detail-type']}`),
  };
}

/** What becomes of the runs that were not over. */
function describeStop(names: readonly string[], state: string | undefined): string[] {
  if (names.length === 0) return ['Stopped. No run was waiting.'];
  const list = names.map((name) => `  ${name}`);
  if (state === undefined)
    return ['Stopped. These runs were not over and are dropped; send their events again:', ...list];
  return [`Stopped. These runs go on when serve is started with --state ${state} again:`, ...list];
}

function isPortTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}
