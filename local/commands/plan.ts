import type { Plan } from '../../functions/shared/plan.ts';
import { systemUser } from '../runtime/system-user.ts';
import { UsageError } from '../runtime/usage-error.ts';
import { defineCommand, EXIT } from './command.ts';
import { eventLabel, readEventFiles } from './event-files.ts';
import { printError, printJson, printLine } from './print.ts';
import { planLines } from './print-plan.ts';
import { PLACE_OPTIONS, requireRealApps, type Session, withRuntime } from './with-runtime.ts';

const HELP = `npm start -- plan FILE…: shows what each event of files would change if it were
played now, and changes nothing

The run's own steps read the apps and the tables; no request that changes
something leaves this process. Only the counters of the apps' limits change, and
a token that has to be renewed is. What nobody knows before something is done,
such as the role of an account that is not there yet, is named. Each event is
planned by itself: none counts for the next one.

  --json           print one JSON array of plans and nothing else
  --state DIR      the tables and the simulated apps that are kept in DIR
  --secrets FILE   credentials of real apps; see npm start -- --help
  --dialect NAME   guide or live: which API simulated apps answer with
  --help           this text

npm start -- run FILE --plan ID plays an event only where its plan is still ID.

Exit codes: 0 each event could be planned, 1 one could not, 2 bad input or usage
(nothing was called), 130 stopped by Ctrl-C.
`;

/** `plan FILE…`: shows what the events of files would change. */
export const main = defineCommand({
  name: 'plan',
  help: HELP,
  options: {
    json: { type: 'boolean' },
    ...PLACE_OPTIONS,
  },
  takesOperands: true,
  run: (call) => {
    const { values, operands, io } = call;
    if (operands.length === 0) throw new UsageError('plan: expected at least one FILE');
    const { events, problems } = readEventFiles(operands);
    requireRealApps(call, problems);
    const work = async ({ runtime, view }: Session) => {
      const plans: Plan[] = [];
      for (const event of events) {
        const plan = await runtime.plan(event).catch((error: unknown) => {
          printError(io.stderr, `${eventLabel(event)}: ${reasonOf(error)}`);
          return null;
        });
        if (plan === null) continue;
        plans.push(plan);
        if (!values.json) printLine(io.stdout, '', ...planLines(plan, view));
      }
      if (values.json) printJson(io.stdout, plans);
      return plans.length === events.length ? EXIT.complete : EXIT.open;
    };
    return withRuntime(call, work, () => ({ cliUser: systemUser() }));
  },
});

function reasonOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
