import { once } from 'node:events';
import { parseArgs } from 'node:util';
import type { RuntimeOptions } from '../runtime/options.ts';
import { UsageError } from '../runtime/usage-error.ts';
import { BadInputError, defineCommand, EXIT, HELP_OPTION, printLine, readPort } from './command.ts';
import { DEFAULT_PORT, OVERVIEW } from './overview.ts';
import { progressLine, waitLine } from './print-report.ts';
import { type Session, type Tell, withRuntime } from './with-runtime.ts';

/** `serve`: serves the API until somebody stops it. */
export const main = defineCommand({
  name: 'serve',
  help: OVERVIEW,
  parse: (args) =>
    parseArgs({
      args,
      allowPositionals: true,
      options: {
        ...HELP_OPTION,
        fast: { type: 'boolean' },
        port: { type: 'string' },
        state: { type: 'string' },
        secrets: { type: 'string' },
      },
    }),
  run: (call) => {
    const { values, operands, io } = call;
    if (operands.length > 0) throw new UsageError('serve: expected neither a FILE nor --json');
    const port = readPort(values.port ?? String(DEFAULT_PORT), 0);
    const work = async (session: Session) => {
      await serve(session, port);
      printLine(io.stderr, 'Stopped. Runs that were not over are lost; send their events again.');
      return EXIT.complete;
    };
    return withRuntime(call, work, tellAll);
  },
});

async function serve({ runtime, tell, stopped }: Session, port: number): Promise<void> {
  const { startApi } = await import('../runtime/local-api.ts');
  const api = await startApi(runtime, port).catch((error: unknown) => {
    if (!isPortTaken(error)) throw error;
    throw new BadInputError([`--port: ${port} is taken; expected a free one, or 0`]);
  });
  tell(
    [
      `Serving the API on ${api.url} until Ctrl-C.`,
      'Each request needs its key, which is new at every start:',
      `  curl -H 'authorization: Bearer ${api.key}' \\`,
      `    '${api.url}/runs?employeeId=E-1005'`,
    ].join('\n'),
  );
  if (!stopped.aborted) await once(stopped, 'abort');
  await api.close();
}

/** Runs overlap, so the run's name is a line of its own whenever the line before was not that run's. */
function tellAll(tell: Tell): RuntimeOptions {
  let told = '';
  const tellOf = (execution: string, line: string) => {
    if (execution !== told && execution !== '') tell(execution);
    told = execution;
    tell(line);
  };
  return {
    onStepEnd: (end) => tellOf(end.execution, progressLine(end)),
    onWait: (ms, execution) => tellOf(execution, waitLine(ms)),
    onBusEvent: (event) => tellOf('', `on the bus: ${event['detail-type']}`),
  };
}

function isPortTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}
