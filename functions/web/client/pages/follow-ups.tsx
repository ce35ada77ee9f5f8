import { useState } from 'hono/jsx';
import type { FollowUpList } from '../../../api/follow-ups.ts';
import { APP_TITLES, APPS } from '../../../shared/apps.ts';
import type { FollowUp } from '../../../tables/follow-up-store.ts';
import { hrefTo, type Route } from '../base/route.ts';
import { TEXT } from '../base/strings.ts';
import { useRead, useSurroundings } from '../base/use.ts';
import { Heading } from '../parts/heading.tsx';
import { Failure, Shown, Status } from '../parts/states.tsx';
import { Time } from '../parts/time.tsx';
import { Person } from './run-table.tsx';

const { followUps: SAYS } = TEXT;

/** What runs have left to people, by app. */
export function FollowUps({ route }: { route: Route }) {
  const status = route.query.get('status') === 'done' ? 'done' : 'open';
  const cursor = route.query.get('cursor') ?? '';
  const [round, setRound] = useState(0);
  const asked = hrefTo(['follow-ups'], { status, cursor }).slice(1);
  const list = useRead<FollowUpList>(asked, undefined, round);
  return (
    <>
      <Heading text={SAYS.title} />
      <p class="pager">
        {(['open', 'done'] as const).map((one) => (
          <a
            href={hrefTo(['follow-ups'], { status: one })}
            {...(one === status ? { 'aria-current': 'true' } : {})}
          >
            {SAYS[one]}
          </a>
        ))}
      </p>
      <Shown of={list}>
        {({ followUps, cursor: next }) => (
          <>
            <FollowUpGroups followUps={followUps} again={() => setRound((number) => number + 1)} />
            {next === undefined ? null : (
              <p class="pager">
                <a href={hrefTo(['follow-ups'], { status, cursor: next })}>{TEXT.more}</a>
              </p>
            )}
          </>
        )}
      </Shown>
    </>
  );
}

/** Follow-ups by app, with a box at each that is open where whoever looks may say that it is done. */
export function FollowUpGroups({ followUps, again }: { followUps: readonly FollowUp[]; again: () => void }) {
  const { api, may, tell } = useSurroundings();
  const [failed, setFailed] = useState<Error | null>(null);
  const [isBusy, setBusy] = useState(false);
  if (followUps.length === 0) return <p class="empty">{SAYS.empty}</p>;
  const groups = [...APPS, null]
    .map((app) => ({ app, ofApp: followUps.filter((followUp) => followUp.app === app) }))
    .filter(({ ofApp }) => ofApp.length > 0);
  const isTickable = may('run') && followUps.some(({ status }) => status === 'open');
  const tick = async (event: Event) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const ids = form.getAll('id').map(String);
    const note = String(form.get('note')).trim();
    if (ids.length === 0) return setFailed(new Error(SAYS.noneChosen));
    setBusy(true);
    setFailed(null);
    try {
      for (const id of ids)
        await api.send(
          'POST',
          `/follow-ups/${encodeURIComponent(id)}/done`,
          note === '' ? undefined : { note },
        );
      tell(SAYS.ticked(ids.length));
    } catch (error) {
      setFailed(error as Error);
    }
    setBusy(false);
    again();
  };
  return (
    <form onSubmit={tick}>
      {groups.map(({ app, ofApp }) => (
        <section aria-label={app === null ? SAYS.noApp : APP_TITLES[app]}>
          <h2>
            {app === null ? SAYS.noApp : APP_TITLES[app]} <span class="sub inline">{ofApp.length}</span>
          </h2>
          <ul class="rows">
            {ofApp.map((followUp) => (
              <FollowUpRow key={followUp.id} followUp={followUp} isTickable={isTickable} />
            ))}
          </ul>
        </section>
      ))}
      {isTickable ? (
        <div class="panel sticky">
          <label for="note">{SAYS.note}</label>
          <div class="actions">
            <input id="note" name="note" maxlength={500} autocomplete="off" />
            <button type="submit" class="primary" disabled={isBusy}>
              {SAYS.tick}
            </button>
          </div>
          {failed === null ? null : <Failure error={failed} />}
        </div>
      ) : null}
    </form>
  );
}

function FollowUpRow({ followUp, isTickable }: { followUp: FollowUp; isTickable: boolean }) {
  const { id, text, employeeId, run, urgency, done } = followUp;
  return (
    <li>
      {isTickable && done === null ? <input type="checkbox" id={id} name="id" value={id} /> : null}
      <div>
        <label for={id}>{text}</label>
        <span class="sub">
          {urgency === 'high' ? <Status of="failed" words={SAYS.urgent} /> : null} <Person id={employeeId} />
          {' · '}
          <a href={hrefTo(['runs', run])}>{SAYS.run}</a>
          {done === null ? null : (
            <>
              {' · '}
              {SAYS.doneBy(done.by ?? TEXT.run.somebody)} <Time at={done.at} />
              {done.note === null ? null : `: ${done.note}`}
            </>
          )}
        </span>
      </div>
    </li>
  );
}
