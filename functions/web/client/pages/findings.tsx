import { useState } from 'hono/jsx';
import type { FindingList, ListedFinding } from '../../../api/findings.ts';
import { APP_TITLES } from '../../../shared/apps.ts';
import { hrefTo, type Route } from '../base/route.ts';
import { TEXT } from '../base/strings.ts';
import { useRead, useSurroundings } from '../base/use.ts';
import { Heading } from '../parts/heading.tsx';
import { Failure, Shown } from '../parts/states.tsx';
import { Time } from '../parts/time.tsx';
import { Person } from './run-table.tsx';

const { findings: SAYS } = TEXT;

/** What the last reconciliation of each app has found, and what people do about it. */
export function Findings({ route }: { route: Route }) {
  const status = route.query.get('status') === 'accepted' ? 'accepted' : 'open';
  const cursor = route.query.get('cursor') ?? '';
  const [round, setRound] = useState(0);
  const list = useRead<FindingList>(hrefTo(['findings'], { status, cursor }).slice(1), undefined, round);
  return (
    <>
      <Heading text={SAYS.title} />
      <p class="pager">
        {(['open', 'accepted'] as const).map((one) => (
          <a
            href={hrefTo(['findings'], { status: one })}
            {...(one === status ? { 'aria-current': 'true' } : {})}
          >
            {SAYS[one]}
          </a>
        ))}
      </p>
      <Shown of={list}>
        {(found) => (
          <>
            <FindingGroups list={found} again={() => setRound((number) => number + 1)} />
            {found.cursor === undefined ? null : (
              <p class="pager">
                <a href={hrefTo(['findings'], { status, cursor: found.cursor })}>{SAYS.more}</a>
              </p>
            )}
          </>
        )}
      </Shown>
    </>
  );
}

/** Findings by kind, each with what mends it. */
export function FindingGroups({ list, again }: { list: FindingList; again: () => void }) {
  const { findings, reconciled } = list;
  if (reconciled.length === 0) return <p class="empty">{SAYS.never}</p>;
  if (findings.length === 0) return <p class="empty">{SAYS.none}</p>;
  const kinds = [...new Set(findings.map(({ kind }) => kind))];
  return (
    <>
      {kinds.map((kind) => {
        const ofKind = findings.filter((finding) => finding.kind === kind);
        return (
          <section aria-label={SAYS.kinds[kind].title}>
            <h2>
              {SAYS.kinds[kind].title} <span class="sub inline">{ofKind.length}</span>
            </h2>
            <p class="hint">{SAYS.kinds[kind].help}</p>
            <ul class="rows">
              {ofKind.map((finding) => (
                <Row key={finding.id} finding={finding} again={again} />
              ))}
            </ul>
          </section>
        );
      })}
    </>
  );
}

function Row({ finding, again }: { finding: ListedFinding; again: () => void }) {
  const { kind, app, vendorUserId, employeeId, detail, foundAt, acceptance } = finding;
  return (
    <li>
      <div class="wide">
        <strong>{APP_TITLES[app]}</strong> {detail}
        <span class="sub">
          {employeeId === null ? null : <Person id={employeeId} />}
          {vendorUserId === null ? null : ` ${TEXT.run.account(vendorUserId)}`} · {SAYS.foundAt}{' '}
          <Time at={foundAt} />
        </span>
        {acceptance === null ? null : (
          <p class="sub">
            {SAYS.acceptedBy(acceptance.by ?? TEXT.run.somebody)} <Time at={acceptance.until} />:{' '}
            {acceptance.reason}
          </p>
        )}
        <div class="actions">
          {kind === 'leaver_can_log_in' && employeeId !== null ? (
            <a href={hrefTo(['people', employeeId])}>{SAYS.offboard}</a>
          ) : null}
          <Decisions finding={finding} again={again} />
        </div>
      </div>
    </li>
  );
}

function Decisions({
  finding: { id, kind, acceptance },
  again,
}: {
  finding: ListedFinding;
  again: () => void;
}) {
  const { api, may, tell } = useSurroundings();
  const at = `/findings/${encodeURIComponent(id)}`;
  const send = async (path: string, body: object | undefined, said: string) => {
    await api.send('POST', `${at}/${path}`, body);
    tell(said);
    again();
  };
  if (acceptance !== null)
    return may('approve') ? (
      <SmallForm id={id} label={SAYS.withdraw} send={() => send('withdraw', undefined, SAYS.withdrawn)} />
    ) : null;
  return (
    <>
      {may('approve') ? (
        <details>
          <summary>{SAYS.accept}</summary>
          <SmallForm
            id={`accept-${id}`}
            label={SAYS.accept}
            fields={[
              ['reason', SAYS.reason, 'text'],
              ['until', SAYS.until, 'date'],
            ]}
            send={(said) => send('accept', said, SAYS.accepted_)}
          />
        </details>
      ) : null}
      {kind === 'orphan_account' && may('admin') ? (
        <details>
          <summary>{SAYS.assign}</summary>
          <SmallForm
            id={`assign-${id}`}
            label={SAYS.assign}
            fields={[['employeeId', SAYS.employeeId, 'text']]}
            send={(said) => send('assign', said, SAYS.assigned)}
          />
        </details>
      ) : null}
    </>
  );
}

type SmallFormProps = {
  id: string;
  label: string;
  /** Name, label and type of each. */
  fields?: readonly (readonly [string, string, string])[];
  send: (said: Record<string, string>) => Promise<void>;
};

function SmallForm({ id, label, fields = [], send }: SmallFormProps) {
  const [error, setError] = useState<Error | null>(null);
  const submit = (event: Event) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const said = Object.fromEntries([...form].map(([name, value]) => [name, String(value).trim()]));
    setError(null);
    send(said).catch(setError);
  };
  return (
    <form class="filters" onSubmit={submit}>
      {fields.map(([name, words, type]) => (
        <label for={`${id}-${name}`}>
          <span>{words}</span>
          <input id={`${id}-${name}`} name={name} type={type} required maxlength={500} autocomplete="off" />
        </label>
      ))}
      <button type="submit">{label}</button>
      {error === null ? null : <Failure error={error} />}
    </form>
  );
}
