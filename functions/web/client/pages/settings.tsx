import type { Child } from 'hono/jsx';
import type { DoctorReport } from '../../../api/doctor.ts';
import type { Settings as ReadSettings, SurfaceSettings } from '../../../api/read-settings.ts';
import { APP_TITLES } from '../../../shared/apps.ts';
import type { Diagnosis } from '../../../tables/diagnosis-store.ts';
import { TEXT } from '../base/strings.ts';
import { useRead } from '../base/use.ts';
import { Facts } from '../parts/facts.tsx';
import { Heading } from '../parts/heading.tsx';
import { Shown, Status } from '../parts/states.tsx';
import { Time } from '../parts/time.tsx';

const { settings: SAYS } = TEXT;

/** How tenure is set up, how much of the limits is in use, and the apps as the doctor saw them last. */
export function Settings() {
  const settings = useRead<ReadSettings>('/settings', POLL_MS);
  const report = useRead<DoctorReport>('/doctor');
  return (
    <>
      <Heading text={SAYS.title} />
      <p class="hint">{SAYS.elsewhere}</p>
      <Shown of={settings}>{(read) => <SettingsOf settings={read} />}</Shown>
      <section aria-labelledby="examined-title">
        <h2 id="examined-title">{SAYS.examined}</h2>
        <Shown of={report}>{(found) => <AppsOf report={found} />}</Shown>
      </section>
    </>
  );
}

const POLL_MS = 5000;

/** Limits, gate and policy. */
export function SettingsOf({ settings: { apps, gate, policy } }: { settings: ReadSettings }) {
  return (
    <>
      <section aria-labelledby="limits-title">
        <h2 id="limits-title">{SAYS.limits}</h2>
        <Limits apps={apps} />
      </section>
      <section aria-labelledby="gate-title">
        <h2 id="gate-title">{SAYS.gate}</h2>
        <Facts facts={gateFacts(gate)} />
      </section>
      <section aria-labelledby="policy-title">
        <h2 id="policy-title">{SAYS.policy}</h2>
        {policy === null ? <p class="note">{SAYS.noPolicy}</p> : <Policy policy={policy} />}
      </section>
    </>
  );
}

function Limits({ apps }: { apps: ReadSettings['apps'] }) {
  return (
    <Table
      caption={SAYS.limits}
      columns={[SAYS.app, SAYS.speaks, SAYS.surface, SAYS.allowed, SAYS.inUse, SAYS.today]}
    >
      {apps.flatMap(({ app, dialect, surfaces }) =>
        surfaces.map((surface) => (
          <tr key={`${app}-${surface.surface}`}>
            <th scope="row">{APP_TITLES[app]}</th>
            <td>{dialect}</td>
            <td>{surface.surface.toUpperCase()}</td>
            <Use of={surface} />
          </tr>
        )),
      )}
    </Table>
  );
}

function Use({ of: { limit, inUse } }: { of: SurfaceSettings }) {
  const perDay = limit?.perDay ?? null;
  return (
    <>
      <td>
        {limit === null ? SAYS.notKnown : SAYS.limit(limit.capacity, limit.windowMs)}
        {limit === null || perDay === null ? null : (
          <span class="sub">{SAYS.perDay(perDay, limit.reservedPerDay)}</span>
        )}
      </td>
      <td>
        {limit === null || inUse.window === null ? TEXT.none : SAYS.used(inUse.window, limit.capacity)}
        {inUse.waitMs === 0 ? null : <span class="sub">{SAYS.waits(inUse.waitMs)}</span>}
      </td>
      <td>
        {perDay === null || inUse.day === null ? TEXT.none : SAYS.used(inUse.day, perDay)}
        {inUse.dayOverUntil === null ? null : (
          <span class="sub">
            {SAYS.over} <Time at={inUse.dayOverUntil} />
          </span>
        )}
      </td>
    </>
  );
}

function gateFacts(gate: ReadSettings['gate']): [string, string][] {
  const { limits, approval, protected: protectedOnes } = gate;
  const { employeeIds, addresses, patterns } = protectedOnes;
  const approvals = [
    ...approval.workflows.map((workflow) => TEXT.workflows[workflow]),
    ...approval.apps.map((app) => APP_TITLES[app]),
    ...approval.roles,
  ];
  return [
    [SAYS.offboarding, SAYS.people(limits.offboarding)],
    [SAYS.onboarding, SAYS.people(limits.onboarding)],
    [SAYS.protected, SAYS.protectedIds(employeeIds, addresses, patterns)],
    [SAYS.approval, approvals.join(', ')],
    [SAYS.late, SAYS.lateAfter(gate.lateHours)],
    [SAYS.expiry, SAYS.expiryAfter(gate.expiryDays)],
    [SAYS.fourEyes, SAYS.fourEyesFor(gate.fourEyes)],
  ];
}

function Policy({ policy }: { policy: ReadPolicy }) {
  return (
    <>
      <Facts
        facts={[
          [SAYS.digest, policy.digest],
          [SAYS.hires, SAYS.hiresBefore(policy.hiresDaysBefore)],
          [SAYS.absence, SAYS.absenceIs[policy.absence]],
          [SAYS.outOfScope, SAYS.outOfScopeRules(policy.outOfScope)],
        ]}
      />
      <Table caption={SAYS.policy} columns={[SAYS.rule, SAYS.when, SAYS.apps]}>
        {policy.rules.map(({ name, when, apps }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{conditionOf(when) || SAYS.everybody}</td>
            <td>{appsOf(apps)}</td>
          </tr>
        ))}
        <tr>
          <th scope="row">{SAYS.byDefault}</th>
          <td>{TEXT.none}</td>
          <td>{appsOf(policy.default)}</td>
        </tr>
      </Table>
    </>
  );
}

type ReadPolicy = NonNullable<ReadSettings['policy']>;

function conditionOf(when: ReadPolicy['rules'][number]['when']): string {
  return Object.entries(when)
    .map(([fact, wanted]) => `${fact}: ${[wanted].flat().join(', ')}`)
    .join('; ');
}

function appsOf(apps: ReadPolicy['default']): string {
  const texts = apps.map(({ app, role }) => APP_TITLES[app] + (role === null ? '' : ` (${role})`));
  return texts.join(', ') || TEXT.none;
}

function Table({
  caption,
  columns,
  children,
}: {
  caption: string;
  columns: readonly string[];
  children: Child;
}) {
  return (
    // What is wider than the screen is moved by keyboard.
    <section class="scroll" aria-label={SAYS.tableOf(caption)} tabindex={0}>
      <table>
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th scope="col">{column}</th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </section>
  );
}

/** Each app with its dialect and what was checked. */
export function AppsOf({ report: { apps, notExamined } }: { report: DoctorReport }) {
  return (
    <>
      <ul class="cards">
        {apps.map((diagnosis) => (
          <AppCard diagnosis={diagnosis} />
        ))}
      </ul>
      {notExamined.length === 0 ? null : (
        <p class="note">{SAYS.notExamined(notExamined.map((app) => APP_TITLES[app]).join(', '))}</p>
      )}
    </>
  );
}

function AppCard({
  diagnosis: { app, status, summary, dialect, answers, checkedAt, checks },
}: {
  diagnosis: Diagnosis;
}) {
  return (
    <li class="panel">
      <h3>
        {APP_TITLES[app]} <Status of={TONE_OF[status]} words={SAYS.status[status]} />
      </h3>
      <p>{summary}</p>
      <p class="sub">
        {SAYS.dialect(dialect ?? TEXT.none, answers ?? TEXT.none)} · {SAYS.checked} <Time at={checkedAt} />
      </p>
      <ul>
        {checks.map((check) => (
          <li>
            <Status of={TONE_OF[check.status]} words={SAYS.status[check.status]} />{' '}
            {`${check.name.replaceAll('_', ' ')} (${check.surface}): ${check.finding}`}
            {check.advice === null ? null : <span class="sub">{check.advice}</span>}
          </li>
        ))}
      </ul>
    </li>
  );
}

const TONE_OF = { ok: 'done', wrong: 'failed', unknown: 'pending' } as const;
