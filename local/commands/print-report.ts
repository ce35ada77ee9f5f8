import { APPS } from '../../functions/shared/apps.ts';
import type { Change } from '../../functions/shared/outcome.ts';
import { type AppReport, NAMED_BY_FOLLOW_UP, type Report } from '../../functions/shared/report.ts';
import { counted, sentencesOf } from '../../functions/shared/sentences.ts';
import { momentIn } from './moments.ts';
import { styled } from './print.ts';
import { tableLines } from './table.ts';
import { accountId, appName, type View } from './view.ts';

/**
 * That a run waits for its moment.
 *
 * @param ms how far away that is.
 * @param timeZone the employee's, in which it is shown too.
 * @param isReal whether any app is real: `--fast` does not shorten that wait then.
 */
export function waitLine(ms: number, timeZone: string | null, isReal: boolean): string {
  const moment = new Date(Date.now() + ms);
  const there = timeZone === null ? '' : `, ${momentIn(moment, timeZone)}`;
  const hint = isReal ? '--fast does not shorten this' : '--fast does not wait';
  return `  waiting until ${moment.toISOString()}${there} (${hint})`;
}

/** A person's report as a table: a row for each app, and below it what changed there. */
export function reportTable(report: Report, view: View = PLAIN): string[] {
  const by = report.supersededBy === undefined ? '' : ` by ${report.supersededBy}`;
  const title = `${report.workflow} of ${report.email} (${report.employeeId}): ${coloured(report.status)}${followUpCount(report)}${by}`;
  const rows = report.apps.map((app) => ({
    cells: [appName(app.app, view), app.status, accountId(app.vendorUserId, view)],
    details: describeChanges(app),
  }));
  const held = heldLines(report, view);
  if (report.apps.length === 0) return [styled('bold', title), ...held];
  const table = tableLines([{ cells: ['App', 'Status', 'Account'] }, ...rows], '  ');
  return [styled('bold', title), ...held, ...table];
}

/** Why a run is held, and what releases it. */
function heldLines({ status, held }: Report, view: View): string[] {
  if (held === undefined) return [];
  const reasons = held.reasons.map(
    ({ app, detail }) => `  ${app === null ? '' : `${appName(app, view)}: `}${detail}`,
  );
  if (status !== 'held') return reasons;
  return [...reasons, `  npm start -- release ${held.run} --reason TEXT --state DIR`];
}

/** Why apps have failed, and then all open follow-ups of all reports, each as a point. */
export function followUpList(reports: readonly Report[], view: View = PLAIN): string[] {
  const points = reports.flatMap(({ email, employeeId, apps, followUps: ofRun = [] }) => [
    ...ofRun.map((followUp) => `${email || employeeId}: ${followUp}`),
    ...apps.flatMap(({ app, followUps }) =>
      followUps.map((followUp) => `${email || employeeId}, ${appName(app, view)}: ${followUp}`),
    ),
  ]);
  const reasons = firstFew(reports.flatMap((report) => reasonsOf(report, view)));
  if (points.length === 0 && reasons.length === 0) return ['Open follow-ups: none'];
  const failed = pointList('What failed:', reasons);
  const open = pointList('Open follow-ups:', points);
  return failed.length > 0 && open.length > 0 ? [...failed, '', ...open] : [...failed, ...open];
}

const pointList = (title: string, points: readonly string[]): string[] =>
  points.length === 0 ? [] : [title, ...points.map((point) => `  - ${point}`)];

/** Why apps have failed, as far as no follow-up says it already. */
function reasonsOf({ email, employeeId, apps }: Report, view: View): string[] {
  return apps.flatMap(({ app, followUps, error }) => {
    if (error === undefined) return [];
    const isSaid = (sentence: string) =>
      followUps.some((followUp) => followUp.includes(sentence) || sentence.endsWith(NAMED_BY_FOLLOW_UP));
    const unsaid = sentencesOf(error.message).filter((sentence) => !isSaid(sentence));
    if (unsaid.length === 0 && followUps.length > 0) return [];
    return [`${email || employeeId}, ${appName(app, view)}: ${error.name}: ${unsaid.join(' ')}`];
  });
}

// More reasons of one kind would not be read.
const MOST_REASONS = 10;

/** The first reasons why something failed, and how many there are besides. */
export function firstFew(reasons: readonly string[], where = 'the reports have them'): string[] {
  const more = reasons.length - MOST_REASONS;
  return [...reasons.slice(0, MOST_REASONS), ...(more > 0 ? [`and ${more} more reasons; ${where}`] : [])];
}

// Where a report is shown without knowing which apps are real.
const PLAIN: View = { realApps: APPS, isWide: false };

/** How many tasks the run has left to a person; nothing where there is none. */
function followUpCount({ apps, followUps = [] }: Report): string {
  return inFollowUps(apps.reduce((sum, app) => sum + app.followUps.length, followUps.length));
}

/** What is said behind a status: `, 2 follow-ups`; nothing where there is none. */
export function inFollowUps(count: number): string {
  return count === 0 ? '' : `, ${counted(count, 'follow-up')}`;
}

/** Why nothing was changed in an app; undefined where something was, or could not be. */
function whyNothing({ status, followUps }: AppReport): string | undefined {
  if (status === 'not_found') return 'nobody was found there';
  if (status !== 'already_done') return undefined;
  return followUps.length === 0 ? 'everything was as wanted' : 'nothing was changed; see the follow-ups';
}

function describeChanges(app: AppReport): string[] {
  const { changes, error } = app;
  const nothing = whyNothing(app);
  const described = nothing === undefined ? changes.map(describeChange) : [nothing];
  return error === undefined ? described : [...described, error.name];
}

function describeChange({ what, moved, gone = 0, refused = 0, remaining = 0 }: Change): string {
  if (moved === undefined) return what;
  const some = [...(gone > 0 ? [`${gone} gone`] : []), ...(refused > 0 ? [`${refused} refused`] : [])];
  return `${what} (${[`${moved} moved`, ...some, `${remaining} remaining`].join(', ')})`;
}

function coloured(status: Report['status']): string {
  return styled(status === 'complete' || status === 'superseded' ? 'green' : 'red', status);
}
