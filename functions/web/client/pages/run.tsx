import { useEffect, useState } from 'hono/jsx';
import type { AppProgress, Run as RunFacts } from '../../../api/schemas.ts';
import type { App } from '../../../shared/apps.ts';
import { APP_TITLES } from '../../../shared/apps.ts';
import type { AppReport } from '../../../shared/report.ts';
import type { Machine } from '../../machine.ts';
import { wordsOf } from '../base/names.ts';
import type { Route } from '../base/route.ts';
import { changeSentence, TEXT } from '../base/strings.ts';
import { useLoaded, useRead, useSurroundings } from '../base/use.ts';
import { Facts } from '../parts/facts.tsx';
import { Heading } from '../parts/heading.tsx';
import { Picture } from '../parts/picture.tsx';
import { ReasonForm } from '../parts/reason-form.tsx';
import { Failure, Shown, Status } from '../parts/states.tsx';
import { localTime, Time } from '../parts/time.tsx';
import { Person } from './run-table.tsx';

const { run: SAYS } = TEXT;
type Machines = Record<RunFacts['workflow'], Machine>;

const POLL_MS = 2000;

/** One run, as far as it has come. */
export function Run({ name, route }: { name: string; route: Route }) {
  const { machines: path } = useSurroundings();
  const [round, setRound] = useState(0);
  const run = useRead<RunFacts>(`/runs/${encodeURIComponent(name)}`, POLL_MS, round);
  const machines = useLoaded<Machines>(path, async () => (await fetch(path)).json());
  const line = route.query.get('line');
  useEffect(() => {
    if (line === null) return;
    const found = document.getElementById(line);
    found?.scrollIntoView({ block: 'center' });
    found?.focus();
  }, [line, run.state]);
  return (
    <Shown of={run}>
      {(facts) => (
        <>
          <RunHead run={facts} />
          <Decide run={facts} again={() => setRound((number) => number + 1)} />
          <div class="columns">
            <section aria-labelledby="picture-title">
              <h2 id="picture-title">{SAYS.picture}</h2>
              <p class="hint" id="picture-help">
                {SAYS.pictureHelp}
              </p>
              <Shown of={machines}>{(all) => <Picture run={facts} machine={all[facts.workflow]} />}</Shown>
            </section>
            <RunApps run={facts} />
          </div>
        </>
      )}
    </Shown>
  );
}

/** What is known of a run as a whole. */
export function RunHead({ run }: { run: RunFacts }) {
  const { workflow, employeeId, origin, report } = run;
  const rows: [string, unknown][] = [
    [SAYS.status, <Status of={run.status} words={TEXT.runStatus[run.status]} />],
    [
      SAYS.person,
      <>
        <Person id={employeeId} /> {report?.email}
      </>,
    ],
    [SAYS.due, <Time at={run.dueAt} />],
    [SAYS.started, <Time at={run.startedAt} />],
    [SAYS.ended, <Time at={run.endedAt} />],
    [SAYS.trigger, origin === null ? TEXT.none : TEXT.via[origin.requester.via]],
    [SAYS.askedBy, origin?.requester.name ?? TEXT.none],
    [SAYS.received, <Time at={origin?.receivedAt} />],
    ...(workflow === 'offboarding'
      ? [[SAYS.lastLogin, <Time at={run.lastLoginShutAt} />] as [string, unknown]]
      : []),
    ...(report?.supersededBy === undefined
      ? []
      : [[SAYS.supersededBy, report.supersededBy] as [string, unknown]]),
    [SAYS.name, run.name],
  ];
  return (
    <>
      <Heading text={SAYS.title(TEXT.workflows[workflow], employeeId ?? SAYS.unnamed)} />
      {run.warning === null ? null : <Note title={SAYS.warning} text={run.warning} tone="warn" />}
      {run.error === null ? null : (
        <Note title={SAYS.error} text={`${run.error.name}: ${run.error.message}`} tone="bad" />
      )}
      <section id="facts" tabindex={-1} aria-label={SAYS.facts}>
        <Facts facts={rows} />
        {origin?.unknownFields === undefined || origin.unknownFields.length === 0 ? null : (
          <p class="hint">{SAYS.unknownFields(origin.unknownFields.join(', '))}</p>
        )}
      </section>
      <Gate run={run} />
    </>
  );
}

function Note({ title, text, tone }: { title: string; text: string; tone: 'warn' | 'bad' }) {
  return (
    <div class={`note ${tone}`}>
      <strong>{title}</strong>
      <p>{text}</p>
    </div>
  );
}

function Gate({ run: { held, status } }: { run: RunFacts }) {
  if (held === null) return null;
  return (
    <section id="gate" tabindex={-1} aria-labelledby="gate-title" class="panel">
      <h2 id="gate-title">{SAYS.gate}</h2>
      <p>{status === 'held' ? SAYS.heldSince(localTime(held.since), localTime(held.until)) : SAYS.wasHeld}</p>
      <ul>
        {held.reasons.map(({ kind, app, detail }) => (
          <li>
            <strong>
              {TEXT.reasons[kind]}
              {app === null ? '' : ` (${APP_TITLES[app]})`}
            </strong>{' '}
            {detail}
          </li>
        ))}
      </ul>
      {held.decisions.length === 0 ? null : (
        <>
          <h3>{SAYS.decisions}</h3>
          <ul>
            {held.decisions.map(({ decision, by, at, reason }) => (
              <li>
                <strong>{SAYS.decided[decision]}</strong> {by ?? SAYS.somebody}, <Time at={at} />: {reason}
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

/** What may be decided about a run as it stands, by whoever looks. */
export function Decide({ run: { name, status }, again }: { run: RunFacts; again: () => void }) {
  const { api, may, tell } = useSurroundings();
  const at = `/runs/${encodeURIComponent(name)}`;
  const decide = (how: 'release' | 'reject', said: string) => async (reason: string) => {
    await api.send('POST', `${at}/${how}`, { reason });
    tell(said);
    again();
  };
  return (
    <div class="decide">
      {status === 'held' && may('approve') ? (
        <ReasonForm
          id="reason"
          label={SAYS.reason}
          help={SAYS.reasonHelp}
          ways={[
            { label: SAYS.release, send: decide('release', SAYS.released) },
            { label: SAYS.reject, tone: 'danger', send: decide('reject', SAYS.rejected) },
          ]}
        />
      ) : null}
      {status === 'waiting' && may('run') ? (
        <Cancel
          send={async () => {
            await api.send('DELETE', at);
            tell(SAYS.cancelled);
            again();
          }}
        />
      ) : null}
      <EvidenceButton name={name} />
    </div>
  );
}

function Cancel({ send }: { send: () => Promise<void> }) {
  const [isSure, setSure] = useState(false);
  const [error, setError] = useState<Error | null>(null);
  if (!isSure)
    return (
      <button type="button" onClick={() => setSure(true)}>
        {SAYS.cancel}
      </button>
    );
  return (
    <div class="panel">
      <p>{SAYS.cancelHelp}</p>
      <div class="actions">
        <button type="button" class="danger" onClick={() => send().catch(setError)}>
          {SAYS.cancelSure}
        </button>
        <button type="button" onClick={() => setSure(false)}>
          {SAYS.keep}
        </button>
      </div>
      {error === null ? null : <Failure error={error} />}
    </div>
  );
}

function EvidenceButton({ name }: { name: string }) {
  const { api, tell } = useSurroundings();
  const [error, setError] = useState<Error | null>(null);
  const download = async () => {
    const evidence = await api.read<object>(`/runs/${encodeURIComponent(name)}/evidence`);
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([JSON.stringify(evidence)], { type: 'application/json' }));
    link.download = `evidence-${name}.json`;
    link.click();
    URL.revokeObjectURL(link.href);
    tell(SAYS.evidenceDone);
  };
  return (
    <>
      <button type="button" onClick={() => download().catch(setError)}>
        {SAYS.evidence}
      </button>
      {error === null ? null : <Failure error={error} />}
    </>
  );
}

/** What was done in each app: the text of the picture. */
export function RunApps({ run }: { run: RunFacts }) {
  const { report } = run;
  const inReport = report?.apps ?? [];
  const names = [...new Set([...inReport.map(({ app }) => app), ...run.apps.map(({ app }) => app)])];
  const general = report?.followUps ?? [];
  return (
    <section aria-labelledby="apps-title">
      <h2 id="apps-title">{SAYS.apps}</h2>
      {names.length === 0 ? <p class="empty">{SAYS.noApps}</p> : null}
      {names.map((app) => (
        <AppPart
          app={app}
          done={inReport.find((one) => one.app === app)}
          progress={run.apps.find((one) => one.app === app)}
        />
      ))}
      {general.length === 0 ? null : <Texts title={SAYS.general} texts={general} />}
    </section>
  );
}

type AppPartProps = { app: App; done: AppReport | undefined; progress: AppProgress | undefined };

function AppPart({ app, done, progress }: AppPartProps) {
  const status = done?.status ?? progress?.status ?? 'pending';
  const isTrying = progress?.status === 'trying';
  return (
    <article id={`app-${app}`} tabindex={-1} class="panel app">
      <h3>
        {APP_TITLES[app]} <Status of={status} words={TEXT.appStatus[status]} />
        {done?.vendorUserId ? <span class="sub">{SAYS.account(done.vendorUserId)}</span> : null}
      </h3>
      {isTrying ? (
        <div class="note bad">
          <p>
            {SAYS.trying(
              localTime(progress.since ?? ''),
              localTime(progress.next ?? ''),
              progress.attempts ?? 0,
            )}
          </p>
          <p>{progress.reason}</p>
        </div>
      ) : null}
      {done?.error === undefined ? null : (
        <Note title={SAYS.error} text={`${done.error.name}: ${done.error.message}`} tone="bad" />
      )}
      <Steps app={app} done={done} progress={progress} />
      {done === undefined || done.changes.length === 0 ? null : (
        <Texts title={SAYS.changes} texts={done.changes.map(changeSentence)} />
      )}
      {done === undefined || done.followUps.length === 0 ? null : (
        <Texts title={SAYS.followUps} texts={done.followUps} />
      )}
    </article>
  );
}

function Texts({ title, texts }: { title: string; texts: readonly string[] }) {
  return (
    <>
      <h4>{title}</h4>
      <ul>
        {texts.map((text) => (
          <li>{text}</li>
        ))}
      </ul>
    </>
  );
}

/** The steps that ended, as reported, and those of which only the progress is known. */
function Steps({ app, done, progress }: AppPartProps) {
  const reported = done?.steps ?? [];
  const others = (progress?.steps ?? []).filter(({ step }) => reported.every((one) => one.step !== step));
  if (reported.length + others.length === 0) return null;
  return (
    <div class="scroll">
      <table class="steps">
        <caption class="unseen">{SAYS.stepCaption(APP_TITLES[app])}</caption>
        <thead>
          <tr>
            <th scope="col">{SAYS.step}</th>
            <th scope="col">{SAYS.status}</th>
            <th scope="col">{SAYS.started}</th>
            <th scope="col">{SAYS.took}</th>
            <th scope="col">{SAYS.attempts}</th>
          </tr>
        </thead>
        <tbody>
          {reported.map((one) => (
            <tr id={`step-${one.step}`} tabindex={-1}>
              <th scope="row">
                {wordsOf(one.step)}
                {one.vendorRequestId === undefined ? null : (
                  <span class="sub">{SAYS.requestId(one.vendorRequestId)}</span>
                )}
              </th>
              <td>
                <Status of={one.status} words={TEXT.stepStatus[one.status]} />
              </td>
              <td>
                <Time at={one.startedAt} />
              </td>
              <td>{TEXT.duration(one.ms)}</td>
              <td>{one.attempts ?? TEXT.none}</td>
            </tr>
          ))}
          {others.map((one) => (
            <tr id={`step-${one.step}`} tabindex={-1}>
              <th scope="row">{wordsOf(one.step)}</th>
              <td>
                <Status of={one.status} words={TEXT.stepStatus[one.status]} />
              </td>
              <td>{TEXT.none}</td>
              <td>{TEXT.none}</td>
              <td>{one.attempts}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
