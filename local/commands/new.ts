import { existsSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { APPS } from '../../functions/shared/apps.ts';
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
line takes what is in brackets. Then: npm start -- run FILE

Exit codes: 0 the file is written, 2 bad usage or an answer that cannot be used.
`;

type Question = { field: string; text: string; otherwise?: string };

const zone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

const KINDS: Record<
  'hire' | 'leaver',
  { type: string; questions: () => Question[]; detail: (answer: Answers) => object }
> = {
  hire: {
    type: 'employee.hired',
    questions: () => [
      { field: 'employeeId', text: 'Employee number' },
      { field: 'email', text: 'Work e-mail address' },
      { field: 'firstName', text: 'First name' },
      { field: 'lastName', text: 'Last name' },
      { field: 'startDate', text: 'First working day, such as 2026-12-01' },
      { field: 'apps', text: `Apps, of ${APPS.join(', ')}`, otherwise: appsFromEnvironment().join(',') },
      { field: 'role', text: 'Role in Pipedrive, by its exact name', otherwise: '' },
      { field: 'managerEmail', text: "Manager's address, who would take over", otherwise: '' },
      { field: 'timeZone', text: 'Time zone', otherwise: zone() },
    ],
    detail: ({
      employeeId,
      email,
      firstName,
      lastName,
      startDate,
      managerEmail,
      timeZone,
      apps = '',
      role,
    }) => ({
      employee: filled({ employeeId, email, firstName, lastName, startDate, managerEmail, timeZone }),
      apps: apps
        .split(',')
        .flatMap((app) => app.trim() || [])
        .map((app) => filled({ app, role: app === 'pipedrive' ? role : '' })),
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
    const answers = await ask(kind.questions(), io);
    const event = { 'detail-type': kind.type, detail: kind.detail(answers) };
    const read = readEvent(event);
    if ('issues' in read) throw new BadInputError(describeIssues(read));
    const path = file ?? `${word}-${(answers.employeeId ?? '').replaceAll(/[^\w.-]/g, '-')}.json`;
    if (existsSync(path)) throw new UsageError(`new: ${path} is there already; name another FILE`);
    writeFileSync(path, `${JSON.stringify(event, null, 2)}\n`, { flag: 'wx', mode: 0o600 });
    printLine(io.stdout, '', `${path} is written. Play it: npm start -- run ${path} --state ./state`);
    return EXIT.complete;
  },
});

async function ask(questions: readonly Question[], { stdin: input, stdout }: CommandIo): Promise<Answers> {
  const lines = createInterface({ input })[Symbol.asyncIterator]();
  const answers: Answers = {};
  for (const { field, text, otherwise } of questions) {
    const question = otherwise === undefined ? text : `${text} [${otherwise}]`;
    printQuestion(stdout, question, input.isTTY ?? false);
    const line = await lines.next();
    if (line.done === true && otherwise === undefined)
      throw new UsageError(`new: the input ended before an answer to: ${text}`);
    answers[field] = (line.done === true ? '' : line.value.trim()) || (otherwise ?? '');
  }
  return answers;
}

function filled(fields: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).filter((field): field is [string, string] => (field[1] ?? '') !== ''),
  );
}
