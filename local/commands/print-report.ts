import { styleText } from 'node:util';
import { APP_TITLES } from '../../functions/shared/apps.ts';
import type { AppReport, Report } from '../../functions/shared/report.ts';
import type { StepEnd } from '../aws/engine.ts';

// What a terminal shows in a line unless somebody widens it.
const LINE_WIDTH = 80;

/**
 * One line of live progress.
 *
 * @param label stands at its head; the app unless given.
 */
export function progressLine(end: StepEnd, label = appTitle(end)): string {
  const place = label.padEnd(13);
  const outcome = 'error' in end ? styleText('red', end.error) : end.status;
  return `  ${place} ${end.step.padEnd(29)} ${outcome} ${styleText('dim', `${end.ms} ms`)}`;
}

/** The title of the app that a step is in; empty for a step of no app. */
export function appTitle({ app }: StepEnd): string {
  return app === null ? '' : APP_TITLES[app];
}

/** That a run waits for its moment, which is so many milliseconds away. */
export function waitLine(ms: number): string {
  return `  waiting until ${new Date(Date.now() + ms).toISOString()} (--fast does not wait)`;
}

/** A person's report as a table: a row for each app, and below it what changed there. */
export function reportTable(report: Report): string {
  const by = report.supersededBy === undefined ? '' : ` by ${report.supersededBy}`;
  const title = `${report.workflow} of ${report.email} (${report.employeeId}): ${coloured(report.status)}${by}`;
  const rows = report.apps.map((app) => ({
    cells: [APP_TITLES[app.app], app.status, app.vendorUserId ?? '-'],
    details: describeChanges(app),
  }));
  if (report.apps.length === 0) return styleText('bold', title);
  const table = tableLines([{ cells: ['App', 'Status', 'Account'] }, ...rows], '  ');
  return [styleText('bold', title), ...table].join('\n');
}

/** All open follow-ups of all reports, each as a point. */
export function followUpList(reports: readonly Report[]): string {
  const points = reports.flatMap(({ email, employeeId, apps, followUps: ofRun = [] }) => [
    ...ofRun.map((followUp) => `${email || employeeId}: ${followUp}`),
    ...apps.flatMap(({ app, followUps, error }) => [
      ...followUps.map((followUp) => `${email}, ${APP_TITLES[app]}: ${followUp}`),
      ...(error === undefined ? [] : [`${email}, ${APP_TITLES[app]}: ${error.name}: ${error.message}`]),
    ]),
  ]);
  if (points.length === 0) return 'Open follow-ups: none';
  return ['Open follow-ups:', ...points.map((point) => wrapText(point, '  - ', '    '))].join('\n');
}

function describeChanges({ changes, error }: AppReport): string[] {
  const described = changes.map(({ what, moved, remaining }) =>
    moved === undefined ? what : `${what} (${moved} moved, ${remaining ?? 0} remaining)`,
  );
  return error === undefined ? described : [...described, error.name];
}

function coloured(status: Report['status']): string {
  return styleText(status === 'complete' || status === 'superseded' ? 'green' : 'red', status);
}

/** A row of a table. The details stand below it, because ids leave no room for them beside it. */
export type TableRow = { cells: readonly string[]; details?: readonly string[] };

/** A table as lines, with each column as wide as its widest cell. */
export function tableLines(rows: readonly TableRow[], indent = ''): string[] {
  const [head] = rows;
  const widths =
    head?.cells.map((_, column) => Math.max(...rows.map(({ cells }) => cells[column]?.length ?? 0))) ?? [];
  return rows.flatMap(({ cells, details = [] }) => {
    const row = cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ');
    const below = `${indent}    `;
    return [`${indent}${row}`.trimEnd(), ...details.map((detail) => wrapText(detail, below, below))];
  });
}

/**
 * A text broken between words into lines of at most 80 columns. A word that is longer, such as a path, stays whole.
 *
 * @param indent what stands before the first line; `hanging`, before the others.
 */
export function wrapText(text: string, indent = '', hanging = indent): string {
  const lines: string[] = [];
  let line = indent;
  let isEmpty = true;
  for (const word of text.split(/\s+/)) {
    if (!isEmpty && line.length + 1 + word.length > LINE_WIDTH) {
      lines.push(line);
      line = hanging;
      isEmpty = true;
    }
    line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...lines, line].join('\n');
}
