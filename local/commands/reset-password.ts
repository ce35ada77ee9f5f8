import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { parseArgs } from 'node:util';
import { driftwood } from '../../functions/driftwood/client.ts';
import {
  VendorRejectedError,
  VendorResponseError,
  VendorUnavailableError,
} from '../../functions/shared/errors.ts';
import { UsageError } from '../runtime/usage-error.ts';
import { readRealApps } from './real-apps.ts';

const RESET_PASSWORD_HELP = `npm start -- reset-password: sets somebody's Driftwood password with the token of their reset mail

It reads two lines from standard input, the token and the new password, and prints neither.
Without DRIFTWOOD_BASE_URL it is the simulated Driftwood, whose mails are resetTokens in DIR/driftwood.json.

  --state DIR      use the simulated Driftwood that run --state DIR keeps
  --secrets FILE   credentials of real apps, as for run
  --help           this text

Exit codes: 0 the password is set, 1 Driftwood refused or could not be reached, 2 bad usage.
`;

type Input = NodeJS.ReadableStream & { isTTY?: boolean };

/**
 * The command line of `reset-password`; returns the exit code.
 *
 * @throws UsageError
 */
export async function resetPasswordCommand(
  words: readonly string[],
  input: Input = process.stdin,
): Promise<number> {
  const { help, state, secrets } = parse(words);
  if (help) {
    console.log(RESET_PASSWORD_HELP);
    return 0;
  }
  const realApps = readRealApps(process.env, secrets);
  if (realApps.problems.length > 0) {
    for (const problem of realApps.problems) console.error(problem);
    return 2;
  }
  const [token = '', newPassword = ''] = await readUnseen(['Token', 'New password'], input);
  if (token.trim() === '' || newPassword === '')
    throw new UsageError('reset-password: expected the token and the new password on two lines of input');
  const { startRuntime } = await import('../runtime/runtime.ts');
  const runtime = await startRuntime({
    realApps: realApps.apps,
    secrets: realApps.secrets,
    ...(secrets === undefined ? {} : { secretsFile: secrets }),
    ...(state === undefined ? {} : { stateDirectory: state }),
  });
  try {
    await driftwood().resetPassword({ token: token.trim(), newPassword });
    console.log('The password is set.');
    return 0;
  } catch (error) {
    if (!(error instanceof Error && 'call' in error)) throw error;
    console.error(describeFailure(error));
    return 1;
  } finally {
    await runtime.close();
  }
}

function describeFailure(error: Error): string {
  if (error instanceof VendorRejectedError) {
    const advice = 'Ask for another mail if the token is old or used, and choose a longer password if not.';
    return new VendorRejectedError(error.call, { code: error.code, advice }).message;
  }
  if (error instanceof VendorUnavailableError || error instanceof VendorResponseError)
    return `${error.message}\nThe password may be set all the same: try to log in with it before you use the token again.`;
  return error.message;
}

/** As many lines as there are questions. A terminal is asked them, and does not show the answers. */
async function readUnseen(questions: readonly string[], input: Input): Promise<string[]> {
  const isTerminal = input.isTTY ?? false;
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input, output: nowhere, terminal: isTerminal });
  const lines = reader[Symbol.asyncIterator]();
  const answers: string[] = [];
  for (const question of questions) {
    if (isTerminal) process.stderr.write(`${question}: `);
    const line = await lines.next();
    if (isTerminal) process.stderr.write('\n');
    if (line.done === true) break;
    answers.push(line.value);
  }
  reader.close();
  return answers;
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      options: {
        help: { type: 'boolean', short: 'h' },
        state: { type: 'string' },
        secrets: { type: 'string' },
      },
    }).values;
  } catch {
    // What was typed may be the token, so the message does not quote it.
    throw new UsageError('reset-password: expected no arguments but --state DIR, --secrets FILE and --help');
  }
}
