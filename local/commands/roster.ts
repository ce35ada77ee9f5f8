import { readFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { parse as parseYaml } from 'yaml';
import * as z from 'zod/mini';
import { folder } from '../../functions/files/folder.ts';
import type { HrDraft } from '../../functions/hr/differences.ts';
import { rosterEngine } from '../../functions/hr/engine.ts';
import type { Finding } from '../../functions/hr/known.ts';
import type { Policy } from '../../functions/hr/policy.ts';
import type { AcceptsFile } from '../../functions/hr/roster-file.ts';
import { RosterFormat } from '../../functions/hr/roster-format.ts';
import { type TakenRoster, takeRosterFile } from '../../functions/hr/take-roster-file.ts';
import { InvalidInputError } from '../../functions/shared/errors.ts';
import { describeIssues } from '../../functions/shared/issues.ts';
import type { Plan } from '../../functions/shared/plan.ts';
import type { Report } from '../../functions/shared/report.ts';
import { counted } from '../../functions/shared/sentences.ts';
import { workerStoreFromEnvironment } from '../../functions/tables/worker-store.ts';
import { isReadableFile, whyUnreadable } from '../runtime/absent.ts';
import { systemUser } from '../runtime/system-user.ts';
import { UsageError } from '../runtime/usage-error.ts';
import { BadInputError, type CommandIo, defineCommand, EXIT } from './command.ts';
import { policyFile, readPolicyFile } from './policy-file.ts';
import { eventOf, type Preview, Previews, previewLines } from './preview-events.ts';
import { printJson, printLine } from './print.ts';
import { followUpList, reportTable } from './print-report.ts';
import type { View } from './view.ts';
import { requireRealApps, type Session, withRuntime } from './with-runtime.ts';

const HELP = `npm start -- roster FILE: takes a file of everybody who works here

  FILE             CSV or JSON, a row for each person; its name ends in .csv,
                   .json, .jsonl or .ndjson
  --map FILE       how the file is read, in YAML: columns, dates, statuses; the
                   policy's roster unless given
  --policy FILE    another policy than the one that cdk.json names
  --plan           only say what would be done; with --adopt, app by app
  --adopt          hire those who work here already, so that their accounts are
                   adopted; first shows what that changes, app by app
  --accept DIGEST  take a file that differs so much from the last one that it
                   is refused; DIGEST is its SHA-256, which the refusal names
  --as NAME        with --accept: who says so; the system user without it
  --state DIR      keep what is known in DIR; without it every file is the first
  --fast           do not wait for days to come: act on them at once
  --secrets FILE   credentials of real apps, as for run
  --wide           show ids whole
  --json           print one JSON object and nothing else
  --help           this text

The first file only sets the baseline. Differences from it become hires, changes
and terminations. What is for a day to come is done by the roster of that day. A
file that is empty, cut off, short of people, or in which many leave, return
or are somebody else at once, is refused as a whole.

Exit codes: 0 done, 1 something is open, 2 a file that cannot be used.
`;

/** `roster FILE`: takes a file of everybody who works here. */
export const main = defineCommand({
  name: 'roster',
  help: HELP,
  options: {
    accept: { type: 'string' },
    adopt: { type: 'boolean' },
    as: { type: 'string' },
    fast: { type: 'boolean' },
    json: { type: 'boolean' },
    wide: { type: 'boolean' },
    map: { type: 'string' },
    plan: { type: 'boolean' },
    policy: { type: 'string' },
    secrets: { type: 'string' },
    state: { type: 'string' },
  },
  takesOperands: true,
  run: async (call) => {
    const { values, operands, io } = call;
    const [file, ...more] = operands;
    if (file === undefined || more.length > 0) throw new UsageError('roster: expected one FILE');
    if (!isReadableFile(file)) throw new BadInputError([whyUnreadable(file)]);
    const policy = readPolicyFile(policyFile(values.policy));
    const format = values.map === undefined ? policy.roster : readMap(values.map);
    requireRealApps(call);
    return withRuntime(call, (session) => takeFile({ session, io, file, policy, format, values }));
  },
});

type Flag = boolean | undefined;
type Values = {
  plan?: Flag;
  adopt?: Flag;
  fast?: Flag;
  json?: Flag;
  accept?: string | undefined;
  as?: string | undefined;
};
type Job = {
  session: Session;
  io: CommandIo;
  file: string;
  policy: Policy;
  format: RosterFormat;
  values: Values;
};

const LONGEST_AHEAD_DAYS = 364;

async function takeFile({ session, io, file, policy, format, values }: Job): Promise<number> {
  const { plan = false, adopt = false, fast = false, json = false } = values;
  const reports: Report[] = [];
  const previews = new Previews(session.runtime);
  const store = workerStoreFromEnvironment();
  const files = folder(dirname(resolve(file)));
  const take = (isPlan: boolean) => {
    const engine = rosterEngine({
      ...{ source: 'roster', store, policy },
      bus: (events) => playAll(events, session, { previews, reports }),
      // A run that waits ends with this process, so what is for a later day is left to that day's roster.
      horizonDays: isPlan || fast ? LONGEST_AHEAD_DAYS : 1,
    });
    const options = { format, adopts: adopt, isPlan, acceptedBy: acceptedBy(values) };
    return takeRosterFile({ files, store, engine }, basename(file), options);
  };
  try {
    const planned = plan || adopt ? await take(true) : null;
    if (planned !== null) session.tell(...planLines(planned));
    const plans = adopt && planned !== null ? await previewAll(planned.events, session, previews) : undefined;
    if (plan) {
      if (json) printJson(io.stdout, { ...planned, plans, reports });
      return EXIT.complete;
    }
    const taken = await take(false);
    if (json) printJson(io.stdout, { ...taken, plans, reports });
    else printTaken(io, taken, { reports, view: session.view });
    return reports.every(({ status }) => ['complete', 'superseded'].includes(status))
      ? EXIT.complete
      : EXIT.open;
  } catch (error) {
    if (error instanceof InvalidInputError) throw new BadInputError([error.message]);
    throw error;
  }
}

const acceptedBy =
  ({ accept: accepted, as: by = systemUser() }: Values): AcceptsFile =>
  async (digest) =>
    digest === accepted ? by : null;

/** Shows what events would change in each app, and changes nothing. Returns the plans. */
async function previewAll(
  events: readonly HrDraft[],
  { tell, view }: Session,
  previews: Previews,
): Promise<Plan[]> {
  const made: Preview[] = [];
  for (const event of events) made.push(await previews.make(event));
  tell('', ...previewLines(made, view), '');
  return made.flatMap(({ plan }) => plan ?? []);
}

async function playAll(
  events: readonly HrDraft[],
  { runtime, tell }: Session,
  { previews, reports }: { previews: Previews; reports: Report[] },
): Promise<void> {
  for (const draft of events) {
    const { event, plan } = previews.of(draft) ?? { event: eventOf(draft), plan: null };
    tell(`${draft.type} ${event.detail.employee.employeeId}`);
    reports.push(await runtime.play(event, plan));
  }
}

function planLines({ mode, people, events }: TakenRoster): string[] {
  if (mode === 'baseline')
    return [`Would set the baseline: ${counted(people, 'person', 'people')}. Nothing else follows.`];
  const lines = events.map(({ type, detail }) => `  ${type} ${subjectOf(detail)}`);
  const from = counted(people, 'person', 'people');
  return [`Would follow from ${from}: ${counted(events.length, 'event')}`, ...lines];
}

const Subject = z.object({
  employee: z.object({ employeeId: z.string(), startDate: z.optional(z.string()) }),
  lastWorkingDay: z.optional(z.string()),
});

function subjectOf(detail: object): string {
  const { employee, lastWorkingDay } = z.parse(Subject, detail);
  return [employee.employeeId, employee.startDate ?? lastWorkingDay].filter(Boolean).join(' ');
}

/** That somebody has accepted a file that differs so much, which stands in the tables too. */
const acceptedLines = ({ accepted }: TakenRoster): string[] =>
  accepted === null
    ? []
    : [`${accepted.by} has accepted that the file ${accepted.digest} differs so much from the last one.`];

function printTaken(
  { stdout }: CommandIo,
  taken: TakenRoster,
  { reports, view }: { reports: readonly Report[]; view: View },
): void {
  const { mode, people, events, findings, unreadable } = taken;
  const there = counted(people, 'person', 'people');
  for (const report of reports) printLine(stdout, '', ...reportTable(report, view));
  if (reports.length > 0) printLine(stdout, '', ...followUpList(reports, view), '');
  if (mode === 'baseline') printLine(stdout, `The baseline is set: ${there}.`);
  else printLine(stdout, `${there}, ${counted(events.length, 'event')}.`);
  printLine(stdout, ...acceptedLines(taken));
  for (const [field, count] of Object.entries(unreadable))
    printLine(stdout, `${counted(count, 'cell')} of ${field} cannot be read, and count as unknown.`);
  for (const finding of findings) printLine(stdout, describe(finding));
}

function describe({ kind, employeeId, note }: Finding): string {
  return `${employeeId}: ${kind.replaceAll('_', ' ')}. ${note}`;
}

function readMap(file: string): RosterFormat {
  const parsed = z.safeParse(RosterFormat, readYaml(file));
  if (parsed.success) return parsed.data;
  throw new BadInputError(describeIssues(parsed.error).map((issue) => `${file}: ${issue}`));
}

function readYaml(file: string): unknown {
  if (!isReadableFile(file)) throw new BadInputError([whyUnreadable(file)]);
  try {
    return parseYaml(readFileSync(file, 'utf8'));
  } catch {
    throw new BadInputError([`${file}: is not YAML`]);
  }
}
