import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import {
  VendorRejectedError,
  VendorResponseError,
  VendorUnavailableError,
} from '../../functions/shared/errors.ts';
import { RunStoppedError } from '../runtime/run-stopped-error.ts';
import { UsageError } from '../runtime/usage-error.ts';
import { type CommandIo, defineCommand, EXIT } from './command.ts';
import { printError, printLine, printQuestion } from './print.ts';
import { withRuntime } from './with-runtime.ts';

const HELP = `npm start -- reset-password: sets somebody's Driftwood password with the token
of their reset mail

It reads two lines from standard input, the token and the new password, and
prints neither. Without DRIFTWOOD_BASE_URL it uses the simulated Driftwood,
whose mails are resetTokens in DIR/driftwood.json.

  --state DIR      use the simulated Driftwood that run --state DIR keeps
  --secrets FILE   credentials of real apps, as for run
  --help           this text

Exit codes: 0 the password is set, 1 Driftwood refused or could not be reached,
2 bad usage, 130 stopped by Ctrl-C.
`;

/** `reset-password`: sets a Driftwood password with the token of a reset mail. */
export const main = defineCommand({
  name: 'reset-password',
  help: HELP,
  options: { state: { type: 'string' }, secrets: { type: 'string' } },
  // What was typed may be the token.
  usage: 'reset-password: expected no arguments but --state DIR, --secrets FILE and --help',
  run: async (call) => {
    const { io } = call;
    return withRuntime(call, async ({ stopped }) => {
      const [token = '', newPassword = ''] = await readUnseen(['Token', 'New password'], io, stopped);
      if (token.trim() === '' || newPassword === '')
        throw new UsageError('reset-password: expected the token and the new password on two lines of input');
      return resetPassword({ token: token.trim(), newPassword }, io);
    });
  },
});

async function resetPassword(
  input: { token: string; newPassword: string },
  { stdout, stderr }: CommandIo,
): Promise<number> {
  const { driftwood } = await import('../../functions/driftwood/client.ts');
  try {
    await driftwood().resetPassword(input);
    printLine(stdout, 'The password is set.');
    return EXIT.complete;
  } catch (error) {
    if (!(error instanceof Error && 'call' in error)) throw error;
    printError(stderr, ...describeFailure(error));
    return EXIT.open;
  }
}

function describeFailure(error: Error): string[] {
  if (error instanceof VendorRejectedError) {
    const advice = 'Ask for another mail if the token is old or used; otherwise choose a longer password.';
    return [new VendorRejectedError(error.call, { code: error.code, advice }).message];
  }
  if (error instanceof VendorUnavailableError || error instanceof VendorResponseError)
    return [
      error.message,
      'The password may be set all the same: try to log in with it before you use the token again.',
    ];
  return [error.message];
}

/**
 * One line of input for each question. A terminal shows the questions, and does not show the answers.
 *
 * @throws RunStoppedError at Ctrl-C, which a terminal that shows nothing sends as a key.
 */
async function readUnseen(
  questions: readonly string[],
  { stdin: input, stderr }: CommandIo,
  stopped: AbortSignal,
): Promise<string[]> {
  const isTerminal = input.isTTY ?? false;
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input, output: nowhere, terminal: isTerminal, signal: stopped });
  let isStopped = false;
  reader.once('SIGINT', () => {
    isStopped = true;
    reader.close();
  });
  const lines = reader[Symbol.asyncIterator]();
  const answers: string[] = [];
  for (const question of questions) {
    if (isTerminal) printQuestion(stderr, question, isTerminal);
    const line = await lines.next();
    if (isTerminal) printError(stderr, '');
    if (line.done === true) break;
    answers.push(line.value);
  }
  reader.close();
  if (isStopped || stopped.aborted) throw new RunStoppedError();
  return answers;
}
