import type { RunList, RunSummary } from '../../../api/schemas.ts';
import type { Api } from '../base/api.ts';
import { hrefTo } from '../base/route.ts';
import { TEXT } from '../base/strings.ts';
import { useLoaded, useSurroundings } from '../base/use.ts';
import { Heading } from '../parts/heading.tsx';
import { Shown } from '../parts/states.tsx';
import { RunTable } from './run-table.tsx';

const { openLogins: SAYS } = TEXT;
const POLL_MS = 5000;

/** The offboardings that have left a login open, the newest first; `isLeast` where the API has more to look through. */
export type OpenLogins = { runs: RunSummary[]; isLeast: boolean };

/** The runs that the overview counts. */
export function OpenLoginsPage() {
  const { api } = useSurroundings();
  const loaded = useLoaded('open-logins', () => readOpenLogins(api), POLL_MS);
  return (
    <>
      <Heading text={SAYS.title} />
      <p class="hint">{SAYS.text}</p>
      <Shown of={loaded}>{(open) => <OpenLoginsOf open={open} />}</Shown>
    </>
  );
}

export function OpenLoginsOf({ open: { runs, isLeast } }: { open: OpenLogins }) {
  return (
    <>
      {runs.length === 0 ? <p class="empty">{SAYS.empty}</p> : <RunTable runs={runs} caption={SAYS.title} />}
      {isLeast ? <p class="note">{SAYS.more}</p> : null}
      <p>
        <a href={hrefTo(['runs'], { status: 'failed' })}>{SAYS.allFailed}</a>
      </p>
    </>
  );
}

/** @throws ApiError */
export async function readOpenLogins(api: Api): Promise<OpenLogins> {
  const [failed, partial, complete] = await Promise.all(
    ['failed', 'partial', 'complete'].map((status) => api.read<RunList>(`/runs?status=${status}`)),
  );
  const runs = [...(failed?.runs ?? []), ...(partial?.runs ?? [])]
    .filter((run) => leavesLoginOpen(run, complete?.runs ?? []))
    .toSorted((one, other) => other.startedAt.localeCompare(one.startedAt));
  return { runs, isLeast: (failed?.cursor ?? partial?.cursor) !== undefined };
}

/** Whether an offboarding has left a login open, and no later one has shut it. */
export function leavesLoginOpen(run: RunSummary, others: readonly RunSummary[]): boolean {
  if (run.workflow !== 'offboarding') return false;
  if (run.report?.apps.every(({ status }) => status !== 'failed')) return false;
  const isLater = ({ workflow, employeeId, status, startedAt }: RunSummary) =>
    workflow === 'offboarding' &&
    employeeId === run.employeeId &&
    status === 'complete' &&
    startedAt > run.startedAt;
  return !others.some(isLater);
}
