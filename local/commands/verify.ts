import { readFileSync } from 'node:fs';
import * as z from 'zod/mini';
import { parseJson } from '../../functions/shared/json.ts';
import { whyUnreadable } from '../runtime/absent.ts';
import { UsageError } from '../runtime/usage-error.ts';
import { BadInputError, defineCommand, EXIT } from './command.ts';
import { NO_APP_LINE } from './places.ts';
import { printError, printLine } from './print.ts';

const HELP = `npm start -- verify FILE: checks a record of evidence RUN, or of
GET /runs/RUN/evidence

  --help           this text

It prints how many entries there are and the hash of the last one. Compare that
with the hash that was noted when the record was made: whoever changes an entry
could compute all hashes after it anew.

Exit codes: 0 nothing was changed; 1 an entry is broken, and the first one is
named; 2 bad usage, or no such record.
`;

/** `verify FILE`: whether a record is as it was exported. */
export const main = defineCommand({
  name: 'verify',
  help: HELP,
  options: {},
  takesOperands: true,
  run: async ({ operands, io }) => {
    const [file, ...more] = operands;
    if (file === undefined || more.length > 0) throw new UsageError('verify: expected one FILE');
    const { Evidence, firstBroken } = await import('../../functions/api/evidence.ts');
    const parsed = z.safeParse(Evidence, parseJson(withoutNpm(read(file))));
    if (!parsed.success)
      throw new BadInputError([`verify: ${file} is no record of evidence RUN: ${placeOf(parsed.error)}`]);
    printLine(io.stdout, NO_APP_LINE, '');
    const { entries, run } = parsed.data;
    const broken = firstBroken(parsed.data);
    if (broken === null) {
      const [count, hash] = [entries.length, entries.at(-1)?.hash];
      printLine(
        io.stdout,
        `${run}: all ${count} entries are as they were. The hash of the last one:`,
        `${hash}`,
      );
      return EXIT.complete;
    }
    const kind = entries[broken.number - 1]?.kind;
    const name = kind === undefined ? `${broken.number}` : `${broken.number} (${kind})`;
    printError(io.stderr, `${run}: entry ${name} is broken: ${broken.why}.`);
    return EXIT.open;
  },
});

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new BadInputError([whyUnreadable(file)]);
  }
}

/** Without the lines with which npm start begins where nobody told it to be silent. */
function withoutNpm(text: string): string {
  return text.replace(/^(?:\s|> .*\n)*(?=\{)/, '');
}

function placeOf({ issues }: { issues: readonly { path: PropertyKey[]; message: string }[] }): string {
  return issues.map(({ path, message }) => `${path.map(String).join('.') || 'it'}: ${message}`).join('; ');
}
