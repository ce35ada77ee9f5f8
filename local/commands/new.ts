import { existsSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { appsFromEnvironment } from '../../functions/shared/companys-apps.ts';
import { describeIssues } from '../../functions/shared/issues.ts';
import { readEvent } from '../runtime/read-event.ts';
import { UsageError } from '../runtime/usage-error.ts';
import { BadInputError, type CommandIo, defineCommand, EXIT, readWord } from './command.ts';
import { NO_APP_LINE } from './places.ts';
import { printLine, printQuestion } from './print.ts';

const HELP = `npm start -- new hire|leaver [FILE]: asks for what is needed and writes an event

  FILE             where it is written; hire-ID.json or leaver-ID.json without
                   it. A file that is there is left as it is
  --help           this text

The answers may come from standard input, a line for each question; an empty
line takes what is in brackets. The role is asked for with Pipedrive only. Then:
npm start -- run FILE

Exit codes: 0 the file is written, 2 bad usage or an answer that cannot be used.
`;

type Question = {
  field: string;
  text: string;
  /** What an empty line stands for; an answer is needed without it. */
  otherwise?: string;
  /** Whether it matters after the answers so far. */
  isAsked?: (answers: Answers) => boolean;
};

const zone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

type Kind = { type: string; questions: () => Question[]; detail: (answer: Answers) => object };

const KINDS: Record<'hire' | 'leaver', Kind> = {
  hire: {
    type: 'employee.hired',
    questions: () => [
      { field: 'employeeId', text: 'Employee number' },
      { field: 'email', text: 'Work e-mail address' },
      { field: 'firstName', text: 'First name' },
      { field: 'lastName', text: 'Last name' },
      { field: 'startDate', text: 'First working day, such as 2026-12-01' },
      { field: 'apps', text: 'Apps, separated by commas', otherwise: appsFromEnvironment().join(',') },
      {
        field: 'role',
        text: 'Role in Pipedrive, by its exact name',
        otherwise: '',
        isAsked: ({ apps }) => appsOf(apps).includes('pipedrive'),
      },
      { field: 'managerEmail', text: "Manager's address, who would take over", otherwise: '' },
      { field: 'timeZone', text: 'Time zone', otherwise: zone() },
    ],
    detail: ({ employeeId, email, firstName, lastName, startDate, managerEmail, timeZone, apps, role }) => ({
      employee: filled({ employeeId, email, firstName, lastName, startDate, managerEmail, timeZone }),
      apps: appsOf(apps).map((app) => filled({ app, role: app === 'pipedrive' ? role : '' })),
    }),
  },
  leaver: {
    type: 'employee.terminated',
    questions: () => [
      { field: 'employeeId', text: 'Employee number' },
      { field: 'email', text: 'Work e-mail address' },
      { field: 'lastWorkingDay', text: 'Last working day, such as 2026-12-31' },
      { field: 'timeZone', text: 'Time zone', otherwise: zone() },
      { field: 'when', text: 'When: now or endOfLastWorkingDay', otherwise: 'endOfLastWorkingDay' },
      { field: 'reassignTo', text: 'Address of whoever takes over the records', otherwise: '' },
    ],
    detail: ({ employeeId, email, ...rest }) => ({ employee: { employeeId, email }, ...filled(rest) }),
  },
};

type Answers = Record<string, string>;

/** `new hire|leaver`: asks for what is needed and writes an event. */
export const main = defineCommand({
  name: 'new',
  help: HELP,
  options: {},
  takesOperands: true,
  run: async ({ operands: [word = '', file, ...more], io }) => {
    const kind = KINDS[readWord(word, ['hire', 'leaver'], 'new')];
    if (more.length > 0) throw new UsageError('new: expected at most one FILE');
    printLine(io.stdout, NO_APP_LINE, '');
    const pathOf = ({ employeeId = '' }: Answers) =>
      file ?? `${word}-${employeeId.replaceAll(/[^\w.-]/g, '-')}.json`;
    const assertFree = (answers: Answers) => {
      const path = pathOf(answers);
      const isNamed = file !== undefined || answers.employeeId !== undefined;
      if (isNamed && existsSync(path))
        throw new UsageError(`new: ${path} is there already; name another FILE`);
    };
    const answers = await ask(kind, io, assertFree);
    const event = eventOf(kind, answers);
    const read = readEvent(event);
    if ('issues' in read) throw new BadInputError(describeIssues(read));
    const path = pathOf(answers);
    writeFileSync(path, `${JSON.stringify(event, null, 2)}\n`, { flag: 'wx', mode: 0o600 });
    printLine(io.stdout, '', `${path} is written. Play it:`, `  npm start -- run ${path} --state state`);
    return EXIT.complete;
  },
});

/** @param check is called before the first question and after each answer; what it throws ends the questions. */
async function ask(
  kind: Kind,
  { stdin: input, stdout }: CommandIo,
  check: (answers: Answers) => void,
): Promise<Answers> {
  const isTyped = input.isTTY ?? false;
  const answers: Answers = {};
  check(answers);
  const reader = createInterface({ input });
  const lines = reader[Symbol.asyncIterator]();
  try {
    for (const question of kind.questions()) {
      const { field, isAsked = () => true } = question;
      while (isAsked(answers) && answers[field] === undefined) {
        const answer = await answerTo(question, { lines, stdout, isTyped });
        // Whoever types can be asked again. What comes from a file is wrong as a whole.
        const faults = isTyped ? faultsOf(kind, { ...answers, [field]: answer }, field) : [];
        if (faults.length === 0) answers[field] = answer;
        printLine(stdout, ...faults);
      }
      check(answers);
    }
    return answers;
  } finally {
    // A terminal that is still read from would keep the process.
    reader.close();
  }
}

/** @throws UsageError where there are no more lines */
async function answerTo(
  { text, otherwise }: Question,
  { lines, stdout, isTyped }: { lines: AsyncIterator<string>; stdout: CommandIo['stdout']; isTyped: boolean },
): Promise<string> {
  const hint = otherwise === '' ? ' (may be empty)' : ` [${otherwise}]`;
  printQuestion(stdout, text + (otherwise === undefined ? '' : hint), isTyped);
  const line = await lines.next();
  if (line.done !== true) return line.value.trim() || (otherwise ?? '');
  if (!isTyped && otherwise !== undefined) return otherwise;
  if (isTyped) printLine(stdout, '');
  throw new UsageError(`new: the input ended before an answer to: ${text}`);
}

/** What is wrong with one of the answers, in the words of the event's reader. */
function faultsOf(kind: Kind, answers: Answers, field: string): string[] {
  const read = readEvent(eventOf(kind, answers));
  const issues = 'issues' in read ? read.issues.filter(({ path }) => path.includes(field)) : [];
  return [...new Set(issues.map(({ message }) => `  It ${message}`))];
}

const eventOf = ({ type, detail }: Kind, answers: Answers) => ({
  'detail-type': type,
  detail: detail(answers),
});

const appsOf = (text = ''): string[] => text.split(',').flatMap((app) => app.trim() || []);

function filled(fields: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).filter((field): field is [string, string] => (field[1] ?? '') !== ''),
  );
}
