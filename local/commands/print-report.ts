import { APP_TITLES } from '../../functions/shared/apps.ts';
import type { Change } from '../../functions/shared/outcome.ts';
import type { AppReport, Report } from '../../functions/shared/report.ts';
import type { StepEnd } from '../aws/engine.ts';
import { styled } from './print.ts';
import { tableLines } from './table.ts';

/**
 * One line of live progress.
 *
 * @param label stands at its head; the app unless given.
 */
export function progressLine(end: StepEnd, label = appTitle(end)): string {
  const place = label.padEnd(13);
  const outcome = 'error' in end ? styled('red', end.error) : end.status;
  return `  ${place} ${end.step.padEnd(29)} ${outcome} ${styled('dim', `${end.ms} ms`)}`;
}

/** The title of the app that a step is in; empty for a step of no app. */
export function appTitle({ app }: StepEnd): string {
  return app === null ? '' : APP_TITLES[app];
}

/**
 * That a run waits for its moment, which is so many milliseconds away.
 *
 * @param isReal whether any app is real: `--fast` does not shorten that wait then.
 */
export function waitLine(ms: number, isReal: boolean): string {
  const hint = isReal ? '--fast does not shorten this' : '--fast does not wait';
  return `  waiting until ${new Date(Date.now() + ms).toISOString()} (${hint})`;
}

/** A person's report as a table: a row for each app, and below it what changed there. */
export function reportTable(report: Report): string[] {
  const by = report.supersededBy === undefined ? '' : ` by ${report.supersededBy}`;
  const title = `${report.workflow} of ${report.email} (${report.employeeId}): ${coloured(report.status)}${by}`;
  const rows = report.apps.map((app) => ({
    cells: [APP_TITLES[app.app], app.status, app.vendorUserId ?? '-'],
    details: describeChanges(app),
  }));
  const held = heldLines(report);
  if (report.apps.length === 0) return [styled('bold', title), ...held];
  const table = tableLines([{ cells: ['App', 'Status', 'Account'] }, ...rows], '  ');
  return [styled('bold', title), ...held, ...table];
}

/** Why a run is held, and what releases it. */
function heldLines({ status, held }: Report): string[] {
  if (held === undefined) return [];
  const reasons = held.reasons.map(
    ({ app, detail }) => `  ${app === null ? '' : `${APP_TITLES[app]}: `}${detail}`,
  );
  if (status !== 'held') return reasons;
  return [...reasons, `  npm start -- release ${held.run} --reason TEXT --state DIR`];
}

/** All open follow-ups of all reports, each as a point. */
export function followUpList(reports: readonly Report[]): string[] {
  const points = reports.flatMap(({ email, employeeId, apps, followUps: ofRun = [] }) => [
    ...ofRun.map((followUp) => `${email || employeeId}: ${followUp}`),
    ...apps.flatMap(({ app, followUps, error }) => [
      ...followUps.map((followUp) => `${email}, ${APP_TITLES[app]}: ${followUp}`),
      ...(error === undefined ? [] : [`${email}, ${APP_TITLES[app]}: ${error.name}: ${error.message}`]),
    ]),
  ]);
  if (points.length === 0) return ['Open follow-ups: none'];
  return ['Open follow-ups:', ...points.map((point) => `  - ${point}`)];
}

function describeChanges({ changes, error }: AppReport): string[] {
  const described = changes.map(describeChange);
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
