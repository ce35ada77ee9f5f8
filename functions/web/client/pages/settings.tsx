import type { DoctorReport } from '../../../api/doctor.ts';
import { APP_TITLES } from '../../../shared/apps.ts';
import type { Diagnosis } from '../../../tables/diagnosis-store.ts';
import { TEXT } from '../base/strings.ts';
import { useRead } from '../base/use.ts';
import { Heading } from '../parts/heading.tsx';
import { Shown, Status } from '../parts/states.tsx';
import { Time } from '../parts/time.tsx';

const { settings: SAYS } = TEXT;

/** The apps as the doctor saw them last. */
export function Settings() {
  const report = useRead<DoctorReport>('/doctor');
  return (
    <>
      <Heading text={SAYS.title} />
      <Shown of={report}>{(found) => <AppsOf report={found} />}</Shown>
      <p class="hint">{SAYS.elsewhere}</p>
    </>
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
      <h2>
        {APP_TITLES[app]} <Status of={TONE_OF[status]} words={SAYS.status[status]} />
      </h2>
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
