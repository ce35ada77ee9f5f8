import * as z from 'zod/mini';
import { InvalidInputError } from '../../functions/shared/errors.ts';
import { HiredDetail } from '../../functions/shared/events.ts';
import { eraseLocally } from '../runtime/erase-locally.ts';
import { UsageError } from '../runtime/usage-error.ts';
import { defineCommand, EXIT } from './command.ts';
import { printError, printJson } from './print.ts';
import { requireState, type Session, withRuntime } from './with-runtime.ts';

const HELP = `npm start -- erase EMPLOYEE_ID --state DIR: forgets somebody who left long ago

  --after-days N   how many days must have passed since they left; 90 without it
  --state DIR      the tables that run --state DIR and serve --state DIR keep
  --files DIR      where files were written; DIR/files of --state unless given
  --secrets FILE   as for run; not needed, because no app is called
  --json           print one JSON object and nothing else: employeeId, leftAt,
                   erasedAt
  --help           this text

Profile, addresses, accounts, reports and what files say of them go. A stub with
ids and dates stays, by which a stale event still finds that they left. No app
is called, and an app or HR system that still lists them may tell of them again.
On AWS this is DELETE /employees/EMPLOYEE_ID.

Exit codes: 0 erased, 1 not: nobody is known by the id, works here, has a login
that is not shut, left too recently, or has a run that waits or is held; 2 bad
usage.
`;

const { employeeId: EmployeeId } = HiredDetail.shape.employee.shape;

/** `erase EMPLOYEE_ID`: forgets somebody who left long ago. */
export const main = defineCommand({
  name: 'erase',
  help: HELP,
  options: {
    json: { type: 'boolean' },
    state: { type: 'string' },
    files: { type: 'string' },
    secrets: { type: 'string' },
    'after-days': { type: 'string' },
  },
  takesOperands: true,
  run: (call) => {
    const { values, operands, io } = call;
    const [employeeId = '', ...more] = operands;
    if (more.length > 0 || !z.safeParse(EmployeeId, employeeId).success)
      throw new UsageError('erase: expected one EMPLOYEE_ID');
    requireState('erase', values.state, 'nobody is known');
    const days = values['after-days'];
    if (days !== undefined && !/^\d{1,4}$/.test(days))
      throw new UsageError('--after-days: expected a number of days');
    const work = async ({ runtime, tell }: Session) => {
      // Loaded only now, because the environment that it reads is the runtime's.
      const { ERASE_AFTER_VARIABLE } = await import('../../functions/erasure/erase.ts');
      if (days !== undefined) process.env[ERASE_AFTER_VARIABLE] = days;
      try {
        const { erased } = await eraseLocally(runtime)(employeeId);
        if (values.json) printJson(io.stdout, erased);
        tell(`Employee ${employeeId}, who left on ${erased.leftAt.slice(0, 10)}, is forgotten.`);
        return EXIT.complete;
      } catch (error) {
        if (!(error instanceof InvalidInputError)) throw error;
        printError(io.stderr, error.message);
        return EXIT.open;
      }
    };
    return withRuntime({ ...call, callsNoApp: true }, work);
  },
});
