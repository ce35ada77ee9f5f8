import type { HrDraft } from '../../functions/hr/differences.ts';
import { logger } from '../../functions/shared/logger.ts';
import { PLAYED_SOURCES, type PlayedDay, type PlayedSource, playYear } from '../hr-systems/play-year.ts';
import { UsageError } from '../runtime/usage-error.ts';
import { type CommandIo, defineCommand, EXIT, readWord } from './command.ts';
import { NO_APP_LINE } from './places.ts';
import { policyFile, readPolicyFile } from './policy-file.ts';
import { printJson, printLine } from './print.ts';

const HELP = `npm start -- hr-demo: a year of a sample company's HR, in seconds

  --source NAME    bamboohr (unless given), hibob or roster: who tells of it
  --people N       how many people, 10 to 1000; 24 unless given
  --policy FILE    another policy than the one that cdk.json names
  --json           print one JSON object and nothing else
  --help           this text

Day by day: what happens in HR, and the events that follow. HR is simulated,
every fifth webhook is lost and as many come twice. No run is played, and no app
called: at the end the accounts that the events lead to are held against who
works there.

Exit codes: 0 they agree, 1 they do not, 2 bad usage or a policy that is wrong.
`;

/** `hr-demo`: a year of a sample company. */
export const main = defineCommand({
  name: 'hr-demo',
  help: HELP,
  options: {
    json: { type: 'boolean' },
    people: { type: 'string' },
    policy: { type: 'string' },
    source: { type: 'string', of: PLAYED_SOURCES },
  },
  run: async ({ values, io }) => {
    const source = readWord(values.source ?? 'bamboohr', PLAYED_SOURCES, '--source');
    const people = peopleOf(values.people ?? '24');
    const policy = readPolicyFile(policyFile(values.policy));
    const level = logger.getLevelName();
    // What is found is told by the days.
    logger.setLogLevel('SILENT');
    try {
      if (!values.json) printLine(io.stdout, NO_APP_LINE, '');
      const onDay = values.json ? () => {} : (day: PlayedDay) => printDay(io, day);
      const year = await playYear({ source, people, policy, onDay });
      const open = [...year.accounts].flatMap(([id, { isOpen }]) => (isOpen ? [id] : [])).sort();
      const agrees = open.join() === year.worksHere.join();
      const { events, webhooks, worksHere } = year;
      if (values.json) printJson(io.stdout, { source, events, webhooks, open, worksHere, agrees });
      else printEnd(io, source, { ...webhooks, events: events.length, open: open.length, agrees });
      return agrees ? EXIT.complete : EXIT.open;
    } finally {
      logger.setLogLevel(level);
    }
  },
});

function peopleOf(text: string): number {
  const people = Number(text);
  if (/^\d{2,4}$/.test(text) && people >= 10 && people <= 1000) return people;
  throw new UsageError('--people: expected a number from 10 to 1000');
}

function printDay({ stdout }: CommandIo, { day, changes, events }: PlayedDay): void {
  printLine(
    stdout,
    day,
    ...changes.map(({ id, what }) => `  HR: ${id} ${what}`),
    ...events.map((event) => `  → ${event.type} ${employeeIdOf(event)}`),
  );
}

function employeeIdOf({ detail }: HrDraft): string {
  return 'employee' in detail ? String(Object(detail.employee).employeeId) : '';
}

type End = {
  events: number;
  open: number;
  agrees: boolean;
  taken: number;
  lost: number;
  doubled: number;
};

function printEnd({ stdout }: CommandIo, source: PlayedSource, end: End): void {
  const { events, open, agrees, taken, lost, doubled } = end;
  const hooks =
    source === 'roster' ? '' : ` ${taken} webhooks taken, ${doubled} of them twice, ${lost} lost.`;
  printLine(
    stdout,
    '',
    `A year through ${source}: ${events} events.${hooks}`,
    agrees
      ? `The accounts of ${open} people are open at the end: of those who work there, and of nobody else.`
      : `The accounts of ${open} people are open at the end, and others work there.`,
  );
}
