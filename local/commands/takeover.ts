import * as z from 'zod/mini';
import { IdentityConflictError, InvalidInputError, RunBusyError } from '../../functions/shared/errors.ts';
import { HiredDetail } from '../../functions/shared/events.ts';
import type { AccountRow } from '../../functions/tables/identity-store.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { UsageError } from '../runtime/usage-error.ts';
import { defineCommand, EXIT } from './command.ts';
import { printError, printJson } from './print.ts';
import { appName } from './view.ts';
import { PLACE_OPTIONS, requireState, type Session, withRuntime } from './with-runtime.ts';

const HELP = `npm start -- takeover OLD NEW --state DIR: gives what is known of an employee to
another id

  OLD, NEW         two employee ids of one person
  --state DIR      the tables that run --state DIR and serve --state DIR keep
  --secrets FILE   as for run; not needed, because no app is called
  --dialect NAME   what simulated apps speak: guide or live
  --json           print one JSON object and nothing else: employeeId,
                   previousEmployeeId, accounts
  --help           this text

The profile and the accounts of OLD move to NEW, and a run for OLD that waits is
stopped. Later events about OLD are superseded: they shut nobody. No app is
called. Use it when an IdentityConflictError names OLD and both ids are one
person; then send the event again. A repeat does no harm. On AWS this is
POST /employees/NEW/takeover.

Exit codes: 0 taken over; 1 not: nobody is known by OLD, it was given to a third
id, an account is recorded for a third one, or a run acts for OLD; 2 bad usage.
`;

const { employeeId: EmployeeId } = HiredDetail.shape.employee.shape;

type Ids = { from: string; to: string };

/** `takeover OLD NEW`: gives what is known of an employee to another id. */
export const main = defineCommand({
  name: 'takeover',
  help: HELP,
  options: {
    json: { type: 'boolean' },
    ...PLACE_OPTIONS,
  },
  takesOperands: true,
  run: (call) => {
    const { values, operands, io } = call;
    const ids = readIds(operands);
    requireState('takeover', values.state, 'nobody is known');
    const work = async ({ runtime, tell, view }: Session) => {
      const refusal = await refusalOf(runtime, ids);
      if (refusal !== null) {
        printError(io.stderr, refusal);
        return EXIT.open;
      }
      const accounts = (await runtime.store.readAccounts(ids.to)).map(shownAccount);
      if (values.json) printJson(io.stdout, { employeeId: ids.to, previousEmployeeId: ids.from, accounts });
      tell(`Employee ${ids.to} has what was known of employee ${ids.from}.`);
      for (const { app, vendorUserId, status } of accounts)
        tell(`  ${appName(app, view)} account ${vendorUserId}: ${status}`);
      return EXIT.complete;
    };
    return withRuntime({ ...call, callsNoApp: true }, work);
  },
});

function readIds(operands: readonly string[]): Ids {
  const [from, to, ...more] = operands;
  if (from === undefined || to === undefined || more.length > 0)
    throw new UsageError('takeover: expected two employee ids, OLD and NEW');
  for (const id of [from, to]) {
    const [issue] = z.safeParse(EmployeeId, id).error?.issues ?? [];
    if (issue !== undefined) throw new UsageError(`takeover: an employee id ${issue.message}`);
  }
  if (from === to) throw new UsageError('takeover: OLD and NEW are the same id');
  return { from, to };
}

/** Why it cannot be; null when it is done. */
async function refusalOf({ store, roster }: Runtime, ids: Ids): Promise<string | null> {
  // Loaded only now, because the environment that they read is the runtime's.
  const { runSourcesFromEnvironment } = await import('../../functions/runs/run-sources.ts');
  const { takeOver } = await import('../../functions/runs/takeover.ts');
  try {
    await takeOver({ ...runSourcesFromEnvironment(), store, roster }, ids);
    return null;
  } catch (error) {
    if (error instanceof RunBusyError) return error.forCaller;
    if (error instanceof InvalidInputError || error instanceof IdentityConflictError) return error.message;
    throw error;
  }
}

function shownAccount({ app, vendorUserId, status }: AccountRow) {
  return { app, vendorUserId, status };
}
