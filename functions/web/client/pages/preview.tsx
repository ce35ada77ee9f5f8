import { useState } from 'hono/jsx';
import type { Employee, Run } from '../../../api/schemas.ts';
import { APP_TITLES, APPS } from '../../../shared/apps.ts';
import type { AppPlan, Plan } from '../../../shared/plan.ts';
import { hrefTo } from '../base/route.ts';
import { TEXT } from '../base/strings.ts';
import { useSurroundings } from '../base/use.ts';
import { Failure } from '../parts/states.tsx';
import { Time } from '../parts/time.tsx';

const { preview: SAYS } = TEXT;

/** What a termination asks for, as `POST /offboardings` takes it. */
type Asked = {
  employee: { employeeId: string; email: string };
  lastWorkingDay: string;
  timeZone: string;
  when: 'now' | 'endOfLastWorkingDay';
  reassignTo?: string;
};

/** Who is to leave; `employee` is null where nobody is known by the id yet. */
type Leaver = { id: string; employee: Employee | null };

type Made = { asked: Asked; plan: Plan };

/** Asks for what an offboarding would change, shows it, and does exactly that. */
export function PreviewOffboarding({ id, employee }: Leaver) {
  const { api, tell } = useSurroundings();
  const [made, setMade] = useState<Made | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<Error | null>(null);
  const attempt = async (work: () => Promise<void>) => {
    setBusy(true);
    setError(null);
    await work().catch(setError);
    setBusy(false);
  };
  const preview = (event: Event) => {
    event.preventDefault();
    const asked = askedIn({ id, employee }, new FormData(event.currentTarget as HTMLFormElement));
    attempt(async () => {
      const plan = await api.send<Plan>('POST', '/plans', { workflow: 'offboarding', detail: asked });
      setMade({ asked, plan });
    });
  };
  const doExactlyThis = ({ asked, plan: { planId } }: Made) =>
    attempt(async () => {
      const { name } = await api.send<Run>('POST', '/offboardings', { ...asked, planId });
      tell(SAYS.started);
      location.hash = hrefTo(['runs', name]);
    });
  return (
    <section aria-labelledby="preview-title" class="panel">
      <h2 id="preview-title">{SAYS.title}</h2>
      <p class="hint">{SAYS.help}</p>
      <PreviewForm employee={employee} isBusy={isBusy} preview={preview} />
      {error === null ? null : <Failure error={error} />}
      {made === null ? null : (
        <>
          <PlanList plan={made.plan} />
          {made.plan.status === 'go' || made.plan.status === 'held' ? (
            <button type="button" class="danger" disabled={isBusy} onClick={() => doExactlyThis(made)}>
              {SAYS.doThis}
            </button>
          ) : null}
        </>
      )}
    </section>
  );
}

type PreviewFormProps = Pick<Leaver, 'employee'> & { isBusy: boolean; preview: (event: Event) => void };

function PreviewForm({ employee, isBusy, preview }: PreviewFormProps) {
  return (
    <form class="filters" onSubmit={preview}>
      <label>
        <span>{SAYS.email}</span>
        <input
          name="email"
          type="email"
          required
          value={employee === null ? '' : addressOf(employee)}
          autocomplete="off"
        />
      </label>
      <label>
        <span>{SAYS.lastWorkingDay}</span>
        <input name="lastWorkingDay" type="date" required value={today()} />
      </label>
      <label>
        <span>{SAYS.when}</span>
        <select name="when">
          <option value="endOfLastWorkingDay">{SAYS.endOfLastWorkingDay}</option>
          <option value="now">{SAYS.now}</option>
        </select>
      </label>
      <label>
        <span>{SAYS.reassignTo}</span>
        <input
          name="reassignTo"
          type="email"
          placeholder={employee?.profile?.managerEmail ?? ''}
          autocomplete="off"
        />
      </label>
      <button type="submit" disabled={isBusy}>
        {isBusy ? TEXT.loading : SAYS.preview}
      </button>
    </form>
  );
}

function askedIn({ id, employee }: Leaver, form: FormData): Asked {
  const said = (name: string) => String(form.get(name) ?? '').trim();
  const reassignTo = said('reassignTo');
  return {
    employee: { employeeId: id, email: said('email') },
    lastWorkingDay: said('lastWorkingDay'),
    timeZone: employee?.profile?.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
    when: said('when') === 'now' ? 'now' : 'endOfLastWorkingDay',
    ...(reassignTo === '' ? {} : { reassignTo }),
  };
}

function addressOf({ profile, accounts }: Employee): string {
  return profile?.email ?? APPS.flatMap((app) => accounts[app]?.email ?? [])[0] ?? '';
}

/** The day where whoever looks is, as an ISO date. */
function today(): string {
  const now = new Date();
  return new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
}

/** What would be done, app by app. */
export function PlanList({ plan }: { plan: Plan }) {
  return (
    <div class="plan" role="status">
      <p>
        <strong>{SAYS.status[plan.status]}</strong>{' '}
        {plan.moment === null ? null : (
          <>
            {SAYS.begins} <Time at={plan.moment} />.
          </>
        )}
      </p>
      <Lines
        title={SAYS.held}
        lines={plan.held.map(({ kind, detail }) => `${TEXT.reasons[kind]}. ${detail}`)}
      />
      {plan.apps.map((part) => (
        <AppLines part={part} />
      ))}
    </div>
  );
}

function AppLines({
  part: { app, account, sentences, followUps, held, notKnown, failures },
}: {
  part: AppPlan;
}) {
  return (
    <>
      <h3>
        {APP_TITLES[app]}
        {account === null ? null : <span class="sub">{TEXT.run.account(account)}</span>}
      </h3>
      {sentences.length === 0 ? <p class="hint">{SAYS.nothing}</p> : <Lines lines={sentences} />}
      <Lines title={SAYS.held} lines={held.map(({ kind, detail }) => `${TEXT.reasons[kind]}. ${detail}`)} />
      <Lines title={TEXT.run.followUps} lines={followUps} />
      <Lines title={SAYS.notKnown} lines={notKnown} />
      <Lines
        title={SAYS.failures}
        lines={failures.map(({ step, error, message }) => `${step}: ${error}: ${message}`)}
      />
    </>
  );
}

function Lines({ title, lines }: { title?: string; lines: readonly string[] }) {
  if (lines.length === 0) return null;
  return (
    <>
      {title === undefined ? null : <h4>{title}</h4>}
      <ul>
        {lines.map((line) => (
          <li>{line}</li>
        ))}
      </ul>
    </>
  );
}
