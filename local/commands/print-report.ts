import { styleText } from 'node:util';
import { APP_TITLES } from '../../functions/shared/apps.ts';
import type { AppReport, Report } from '../../functions/shared/report.ts';
import type { StepEnd } from '../aws/engine.ts';

/** One line of live progress. */
export function progressLine(end: StepEnd): string {
  const place = (end.app === null ? '' : APP_TITLES[end.app]).padEnd(13);
  const outcome = 'error' in end ? styleText('red', end.error) : end.status;
  return `  ${place} ${end.step.padEnd(29)} ${outcome} ${styleText('dim', `${end.ms} ms`)}`;
}

/** A person's report as a table, and what is left for a person to do. */
export function reportTable(report: Report): string {
  const title = `${report.workflow} of ${report.email} (${report.employeeId}): ${coloured(report.status)}`;
  const rows = report.apps.map((app) => [
    APP_TITLES[app.app],
    app.status,
    app.vendorUserId ?? '-',
    describeChanges(app),
  ]);
  const table = alignColumns([['App', 'Status', 'Account', 'Changes'], ...rows]);
  return [styleText('bold', title), ...table.map((line) => `  ${line}`)].join('\n');
}

/** All open follow-ups of all reports, a line each. */
export function followUpList(reports: readonly Report[]): string {
  const lines = reports.flatMap(({ email, apps }) =>
    apps.flatMap(({ app, followUps, error }) => [
      ...followUps.map((followUp) => `${email}, ${APP_TITLES[app]}: ${followUp}`),
      ...(error === undefined ? [] : [`${email}, ${APP_TITLES[app]}: ${error.name}: ${error.message}`]),
    ]),
  );
  if (lines.length === 0) return 'Open follow-ups: none';
  return ['Open follow-ups:', ...lines.map((line) => `  - ${line}`)].join('\n');
}

function describeChanges({ changes, error }: AppReport): string {
  const described = changes.map(({ what, moved, remaining }) =>
    moved === undefined ? what : `${what} (${moved} moved, ${remaining ?? 0} remaining)`,
  );
  if (error !== undefined) described.push(error.name);
  return described.join(', ') || '-';
}

function coloured(status: Report['status']): string {
  return styleText(status === 'complete' ? 'green' : 'red', status);
}

/** Rows of cells as lines, with each column as wide as its widest cell. */
export function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
