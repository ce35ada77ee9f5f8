import type { RunRow } from '../tables/identity-store.ts';
import { type IndexedRun, positionOf, type RunRange } from '../tables/run-index.ts';
import { invalidFields } from './problem.ts';
import { type Sources, summaryOf } from './runs.ts';
import type { RunFilter, RunList, RunSummary } from './schemas.ts';

const PAGE_SIZE = 50;
/** How many runs one request looks at. Where few fit, a page is short, so that its answer is in time. */
const MOST_LOOKED_AT = 500;
/** How far a list goes back where nothing says so. */
const USUAL_DAYS = 400;

const DAY_MS = 86_400_000;

/**
 * A page of the runs for everybody, the newest first.
 *
 * @throws RequestError 422 for a cursor that is none; the SDK's errors.
 */
export async function listNewestRuns(sources: Sources, filter: RunFilter): Promise<RunList> {
  const { from, before } = rangeOf(filter, Date.now());
  const runs: RunSummary[] = [];
  let lookedAt = 0;
  for await (const indexed of sources.store.newestRuns({ from, before })) {
    lookedAt += 1;
    const run = await fittingRun(sources, indexed, filter);
    if (run !== null) runs.push(run);
    if (runs.length === PAGE_SIZE || lookedAt === MOST_LOOKED_AT)
      return { runs, cursor: cursorOf(positionOf(indexed)) };
  }
  return { runs };
}

/** The runs for an employee that a filter asks for, the oldest first. @throws the SDK's errors */
export async function listRuns(
  sources: Sources,
  employeeId: string,
  filter: RunFilter,
): Promise<RunSummary[]> {
  const rows = await sources.store.readRuns(employeeId);
  const runs = await Promise.all(rows.map((row) => askedFor(sources, { employeeId, row }, filter)));
  return runs.filter((run) => run !== null);
}

/** The run as a list shows it; null where it is not asked for. */
async function askedFor(
  sources: Sources,
  { employeeId, row }: { employeeId: string; row: RunRow },
  filter: RunFilter,
): Promise<RunSummary | null> {
  const { from, before } = rangeOf({ from: filter.from ?? EARLIEST, to: filter.to }, Date.now());
  if (row.startedAt < from || row.startedAt >= before) return null;
  const apps = [...(row.apps ?? []), ...(row.report?.apps.map(({ app }) => app) ?? [])];
  if (filter.app !== undefined && !apps.includes(filter.app)) return null;
  const run = await summaryOf(sources, employeeId, row);
  return filter.status === undefined || filter.status === run.status ? run : null;
}

/** The same of a run that is indexed. */
async function fittingRun(
  sources: Sources,
  indexed: IndexedRun,
  filter: RunFilter,
): Promise<RunSummary | null> {
  if (!mayHave(indexed, filter.status)) return null;
  const row = await sources.store.readRun(indexed);
  return row === null ? null : askedFor(sources, { employeeId: indexed.employeeId, row }, filter);
}

/** Whether a look at a run is worth it. How an open one stands, and a held one, is not in the index. */
function mayHave({ status }: IndexedRun, wanted: RunFilter['status']): boolean {
  return wanted === undefined || status === 'open' || status === 'held' || status === wanted;
}

/** Before the first run of all. Nobody should wait for the months before it. */
const EARLIEST = '2020-01-01';

/** @throws RequestError 422 */
function rangeOf({ from, to, cursor }: RunFilter, now: number): RunRange {
  const tomorrow = now + DAY_MS;
  const end = to === undefined ? tomorrow : Math.min(tomorrow, endOf(to));
  const begin = from === undefined ? end - USUAL_DAYS * DAY_MS : Date.parse(from);
  return {
    from: new Date(Math.max(begin, Date.parse(EARLIEST))).toISOString(),
    before: cursor === undefined ? new Date(Math.max(end, 0)).toISOString() : positionIn(cursor),
  };
}

/** The first moment after a day or an instant, in epoch milliseconds. */
function endOf(to: string): number {
  return Date.parse(to) + (to.includes('T') ? 1 : DAY_MS);
}

const cursorOf = (position: string) => Buffer.from(position).toString('base64url');

function positionIn(cursor: string): string {
  const position = Buffer.from(cursor, 'base64url').toString();
  if (/^20\d\d-(0[1-9]|1[0-2])-[^#]+#.+$/.test(position)) return position;
  throw invalidFields({ issues: [{ path: ['cursor'], message: 'must be the cursor of an earlier answer' }] });
}
