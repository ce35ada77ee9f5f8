import * as z from 'zod/mini';
import { fileStoreFromEnvironment } from '../files/files.ts';
import { writeRowFiles } from '../files/row-files.ts';
import { PeopleSource } from '../people/source.ts';
import { type ImportSummary, LinkedApp } from '../people/summary.ts';
import { CaughtError, describeError } from '../runs/app-result.ts';
import { APPS } from '../shared/apps.ts';
import { RunIncompleteError } from '../shared/errors.ts';
import { step } from '../shared/step.ts';
import { FINDING_KINDS, type Finding, findingStoreFromEnvironment } from '../tables/finding-store.ts';
import { type GraphRow, type GraphStore, graphStoreFromEnvironment } from '../tables/graph-store.ts';
import { Fix, HeadCount, type Summary } from './summary.ts';

const ReconciledApp = z.object({
  app: z.enum(APPS),
  /** The result of ReconciliationCompare; of the walk, when the comparison did not run. */
  walk: z.object({
    accounts: z.optional(z.nullable(z.int())),
    findings: z.optional(z.nullable(z.record(z.enum(FINDING_KINDS), z.int()))),
    headCount: z.optional(z.nullable(HeadCount)),
    linked: z.optional(z.nullable(LinkedApp)),
  }),
  graph: z.object({ people: z.int() }),
  /** Why the graph could not be read again. */
  graphError: z.optional(CaughtError),
  error: z.optional(CaughtError),
});

const GRAPH_COLUMNS = [
  'employeeId',
  'app',
  'vendorUserId',
  'roles',
  'permissions',
  'groups',
  'managers',
  'controls',
  'verifiedAt',
] as const;
const COLUMNS = ['kind', 'app', 'vendorUserId', 'employeeId', 'detail'] as const;

// Step Functions keeps 32 kB of an error:
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_TaskFailedEventDetails.html
const MOST_LISTED = 50;

/**
 * Writes the findings into files. When an app could not be reconciled or a leaver could not be offboarded, it fails the
 * execution, so that an alarm and a person see it. Findings alone are no failure.
 *
 * @throws RunIncompleteError after the files are written.
 */
export const handler = step({
  name: 'ReconciliationConclude',
  client: () => ({
    findings: findingStoreFromEnvironment(),
    graph: graphStoreFromEnvironment(),
    files: fileStoreFromEnvironment(),
  }),
  input: z.object({
    run: z.string(),
    startedAt: z.string(),
    results: z.array(ReconciledApp),
    /** The file of an import. */
    people: z._default(z.nullable(PeopleSource), null),
    /** Missing when the fixes failed; `error` says why. */
    fixed: z.optional(z.object({ fixes: z.array(Fix) })),
    error: z.optional(CaughtError),
  }),
  run: async ({ findings, graph, files }, input): Promise<Summary | ImportSummary> => {
    const { run, startedAt, results, people, fixed, error } = input;
    if (people !== null) return importSummary(run, people, results);
    const fixes = fixed?.fixes ?? [];
    const read = () => readRowsSince(graph, new Date(startedAt).toISOString());
    const written = [
      ...(await writeRowFiles(files, `reconciliation/${run}`, COLUMNS, () => findings.read(run))),
      ...(await writeRowFiles(files, `reconciliation/${run}-graph`, GRAPH_COLUMNS, read)),
    ];
    const apps = results.map(summaryOf);
    const summary: Summary = { run, status: statusOf(apps), apps, fixes, files: written };
    const open = [
      ...apps.flatMap((app) => (app.error === null ? [] : [`${app.app}: ${app.error}`])),
      ...fixes.flatMap((fix) => (fix.error === null ? [] : [`employee ${fix.employeeId}: ${fix.error}`])),
      ...(error === undefined ? [] : [describeError(error)]),
    ];
    if (open.length === 0) return summary;
    const leavers = summary.status === 'leavers_can_log_in' ? ' Leavers can still log in.' : '';
    throw new RunIncompleteError(
      `Left open in ${run}.${leavers} Mend the cause and reconcile again. The findings are in ${written.join(' and ')}. ${listed(open)}`,
    );
  },
});

/** @throws RunIncompleteError when an app could not be read */
function importSummary(
  run: string,
  { plan, count }: PeopleSource,
  results: readonly z.infer<typeof ReconciledApp>[],
): ImportSummary {
  const open = results.flatMap(({ app, error }) =>
    error === undefined ? [] : [`${app}: ${describeError(error)}`],
  );
  if (open.length > 0)
    throw new RunIncompleteError(
      `Left open in ${run}. Mend the cause and import the file again; what is linked stays linked. ${listed(open)}`,
    );
  const apps = results.flatMap(({ app, walk: { linked = null } }) =>
    linked === null ? [] : [{ app, ...linked }],
  );
  return { run, plan, people: count, apps };
}

function listed(open: readonly string[]): string {
  const more = open.length - MOST_LISTED;
  const rest = more > 0 ? [`and ${more} more, in the input of this state`] : [];
  return [...open.slice(0, MOST_LISTED), ...rest].join(' | ');
}

function summaryOf(result: z.infer<typeof ReconciledApp>): Summary['apps'][number] {
  const { app, walk, error, graphError } = result;
  const graph = {
    people: result.graph.people,
    error: graphError === undefined ? null : describeError(graphError),
  };
  if (error !== undefined)
    return { app, accounts: null, findings: null, headCount: null, error: describeError(error), graph };
  const { accounts = null, findings = null, headCount = null } = walk;
  return { app, accounts, findings, headCount, error: null, graph };
}

/** The rows that this reconciliation has written; older ones may be about people who have left since. */
async function* readRowsSince(graph: GraphStore, startedAt: string): AsyncIterable<GraphRow> {
  for (const app of APPS)
    for await (const row of graph.readAll(app)) if (row.verifiedAt >= startedAt) yield row;
}

function statusOf(apps: Summary['apps']): Summary['status'] {
  const count = (kind: Finding['kind']) =>
    apps.reduce((sum, { findings }) => sum + (findings?.[kind] ?? 0), 0);
  if (count('leaver_can_log_in') > 0) return 'leavers_can_log_in';
  return FINDING_KINDS.some((kind) => count(kind) > 0) ? 'findings' : 'clean';
}
