import type { FindingList } from '../../../api/findings.ts';
import type { FollowUpList } from '../../../api/follow-ups.ts';
import type { Run, RunList, RunSummary } from '../../../api/schemas.ts';
import type { Api } from '../base/api.ts';
import { hrefTo } from '../base/route.ts';
import { TEXT } from '../base/strings.ts';
import { useLoaded, useSurroundings } from '../base/use.ts';
import { Heading } from '../parts/heading.tsx';
import { Shown, type Tone } from '../parts/states.tsx';
import { readOpenLogins } from './open-logins.tsx';
import { RunTable } from './run-table.tsx';

const { overview: SAYS } = TEXT;
const POLL_MS = 3000;

/** A number of things, of which there may be more than one answer of the API holds. */
export type Count = { count: number; isLeast: boolean };

/** What matters now. */
export type Now = {
  held: Count;
  failed: Count;
  trying: Count;
  today: Count;
  followUps: Count;
  findings: Count;
  live: RunSummary[];
  newest: RunSummary[];
};

export function Overview() {
  const { api } = useSurroundings();
  const loaded = useLoaded('overview', () => readNow(api, new Date()), POLL_MS);
  return (
    <>
      <Heading text={SAYS.title} />
      <Shown of={loaded}>{(now) => <OverviewOf now={now} />}</Shown>
    </>
  );
}

/** The numbers, each with a way to what it counts, and what runs right now. */
export function OverviewOf({ now }: { now: Now }) {
  return (
    <>
      <section aria-label={SAYS.tiles}>
        <ul class="tiles">
          <Tile tone="warn" label={SAYS.held} count={now.held} href={hrefTo(['runs'], { status: 'held' })} />
          <Tile tone="bad" label={SAYS.failed} count={now.failed} href={hrefTo(['open-logins'])} />
          <Tile
            tone="bad"
            label={SAYS.trying}
            count={now.trying}
            href={hrefTo(['runs'], { status: 'running' })}
          />
          <Tile
            tone="live"
            label={SAYS.today}
            count={now.today}
            href={hrefTo(['runs'], { status: 'waiting' })}
          />
          <Tile tone="warn" label={SAYS.followUps} count={now.followUps} href={hrefTo(['follow-ups'])} />
          <Tile tone="warn" label={SAYS.findings} count={now.findings} href={hrefTo(['findings'])} />
        </ul>
      </section>
      <section aria-labelledby="live-title">
        <h2 id="live-title">{SAYS.live}</h2>
        {now.live.length === 0 ? (
          <p class="empty">{SAYS.liveEmpty}</p>
        ) : (
          <RunTable runs={now.live} caption={SAYS.live} />
        )}
      </section>
      <section aria-labelledby="newest-title">
        <h2 id="newest-title">{SAYS.newest}</h2>
        {now.newest.length === 0 ? (
          <p class="empty">{SAYS.newestEmpty}</p>
        ) : (
          <RunTable runs={now.newest} caption={SAYS.newest} />
        )}
        <p>
          <a href={hrefTo(['runs'])}>{SAYS.all}</a>
        </p>
      </section>
    </>
  );
}

function Tile({ label, count, href, tone }: { label: string; count: Count; href: string; tone: Tone }) {
  return (
    <li>
      <a class={count.count === 0 ? 'tile' : `tile ${tone}`} href={href}>
        <span class="number">{count.isLeast ? SAYS.atLeast(count.count) : count.count}</span>
        <span>{label}</span>
      </a>
    </li>
  );
}

/** Reads what matters from the API's lists. @throws ApiError */
async function readNow(api: Api, today: Date): Promise<Now> {
  const [held, open, running, waiting, newest, followUps, findings] = await Promise.all([
    api.read<RunList>('/runs?status=held'),
    readOpenLogins(api),
    api.read<RunList>('/runs?status=running'),
    api.read<RunList>('/runs?status=waiting'),
    api.read<RunList>('/runs'),
    api.read<FollowUpList>('/follow-ups?status=open'),
    api.read<FindingList>('/findings'),
  ]);
  const details = await Promise.all(
    running.runs
      .filter(({ workflow }) => workflow === 'offboarding')
      .slice(0, MOST_DETAILS)
      .map(({ name }) => api.read<Run>(`/runs/${encodeURIComponent(name)}`)),
  );
  const endOfToday = new Date(today.getFullYear(), today.getMonth(), today.getDate() + 1).toISOString();
  const isTrying = ({ apps }: Run) => apps.some(({ status }) => status === 'trying');
  return {
    held: counted(held.runs, held.cursor),
    failed: { count: open.runs.length, isLeast: open.isLeast },
    trying: counted(details.filter(isTrying), undefined),
    today: counted(
      waiting.runs.filter(({ dueAt }) => dueAt !== null && dueAt < endOfToday),
      waiting.cursor,
    ),
    followUps: counted(followUps.followUps, followUps.cursor),
    findings: counted(findings.findings, findings.cursor),
    live: running.runs,
    newest: newest.runs.slice(0, MOST_NEWEST),
  };
}

const MOST_DETAILS = 20;
const MOST_NEWEST = 10;

function counted(all: readonly unknown[], cursor: string | undefined): Count {
  return { count: all.length, isLeast: cursor !== undefined };
}
