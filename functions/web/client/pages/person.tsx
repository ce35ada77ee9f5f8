import type { FollowUpList } from '../../../api/follow-ups.ts';
import type { Employee, RunList } from '../../../api/schemas.ts';
import { APP_TITLES, APPS, type App } from '../../../shared/apps.ts';
import { TEXT } from '../base/strings.ts';
import { isNotFound, useRead, useSurroundings } from '../base/use.ts';
import { Facts } from '../parts/facts.tsx';
import { Heading } from '../parts/heading.tsx';
import { Shown, Status } from '../parts/states.tsx';
import { Time } from '../parts/time.tsx';
import { PreviewOffboarding } from './preview.tsx';
import { Person as PersonLink, RunTable } from './run-table.tsx';

const { person: SAYS } = TEXT;

/** Who somebody is, with which accounts, and what was done for them. */
export function Person({ id }: { id: string }) {
  const { may } = useSurroundings();
  const path = encodeURIComponent(id);
  const employee = useRead<Employee>(`/employees/${path}`);
  const runs = useRead<RunList>(`/runs?employeeId=${path}`, 5000);
  const isUnknown = employee.state === 'failed' && isNotFound(employee.error);
  const followUps = useRead<FollowUpList>('/follow-ups?status=open');
  return (
    <>
      <Heading text={SAYS.title(id)} />
      {isUnknown ? (
        <p class="note">{SAYS.unknown}</p>
      ) : (
        <Shown of={employee}>{(facts) => <PersonFacts employee={facts} />}</Shown>
      )}
      {may('run') && (isUnknown || employee.state === 'ready') ? (
        <PreviewOffboarding id={id} employee={employee.state === 'ready' ? employee.data : null} />
      ) : null}
      <section aria-labelledby="open-title">
        <h2 id="open-title">{SAYS.open}</h2>
        <Shown of={followUps}>{({ followUps: all }) => <OpenTexts id={id} followUps={all} />}</Shown>
      </section>
      <section aria-labelledby="history-title">
        <h2 id="history-title">{SAYS.history}</h2>
        <Shown of={runs}>
          {(list) =>
            list.runs.length === 0 ? (
              <p class="empty">{SAYS.noRuns}</p>
            ) : (
              <RunTable runs={list.runs.toReversed()} caption={SAYS.history} />
            )
          }
        </Shown>
      </section>
    </>
  );
}

function OpenTexts({ id, followUps }: { id: string; followUps: FollowUpList['followUps'] }) {
  const own = followUps.filter(({ employeeId }) => employeeId === id);
  if (own.length === 0) return <p class="empty">{SAYS.noOpen}</p>;
  return (
    <ul>
      {own.map(({ app, text }) => (
        <li>
          {app === null ? '' : `${APP_TITLES[app]}: `}
          {text}
        </li>
      ))}
    </ul>
  );
}

/** What HR wants of somebody, and beside it what each app shows. */
export function PersonFacts({ employee }: { employee: Employee }) {
  const { profile, accounts } = employee;
  const facts: [string, string | null | undefined][] = [
    [SAYS.name, profile === null ? null : `${profile.firstName} ${profile.lastName}`],
    [SAYS.email, profile?.email],
    [SAYS.jobTitle, profile?.title],
    [SAYS.department, profile?.department],
    [SAYS.manager, profile?.managerEmail],
    [SAYS.startDate, profile?.startDate],
    [SAYS.timeZone, profile?.timeZone],
    [SAYS.otherAddresses, profile?.addresses.filter((one) => one !== profile.email).join(', ')],
    [SAYS.previousIds, profile?.previousEmployeeIds.join(', ')],
  ];
  return (
    <>
      {profile === null ? <p class="note warn">{SAYS.noProfile}</p> : null}
      <Facts facts={facts} />
      <h2 id="accounts-title">{SAYS.accounts}</h2>
      <ul class="cards">
        {APPS.map((app) => (
          <Account app={app} employee={employee} account={accounts[app]} />
        ))}
      </ul>
    </>
  );
}

type AccountProps = { app: App; employee: Employee; account: Employee['accounts'][App] };

function Account({ app, employee, account }: AccountProps) {
  const differences = employee.differences.filter((one) => one.app === app);
  const graph = employee.graph[app] ?? null;
  const groups = graph?.groups.map(({ name }) => name) ?? [];
  const roles = graph?.roles ?? (account?.role ? [account.role] : []);
  return (
    <li class="panel">
      <h3>
        {APP_TITLES[app]}
        {account === null ? (
          <span class="sub">{SAYS.noAccount}</span>
        ) : (
          <Status of={ACCOUNT_TONES[account.status]} words={SAYS.accountStatus[account.status]} />
        )}
      </h3>
      {account === null ? null : (
        <dl class="pairs">
          <Pair label={SAYS.account}>{account.vendorUserId}</Pair>
          <Pair label={SAYS.roles}>{roles.join(', ') || TEXT.none}</Pair>
          {groups.length === 0 ? null : <Pair label={SAYS.groups}>{groups.join(' › ')}</Pair>}
          {graph === null || graph.managers.length === 0 ? null : (
            <Pair label={SAYS.managers}>
              {graph.managers.map(({ vendorUserId, employeeId }, index) => (
                <>
                  {index === 0 ? '' : ' › '}
                  {employeeId === null ? vendorUserId : <PersonLink id={employeeId} />}
                </>
              ))}
            </Pair>
          )}
          {graph === null || graph.controls.length === 0 ? null : (
            <Pair label={SAYS.controls}>{graph.controls.map(({ name }) => name).join(', ')}</Pair>
          )}
          <Pair label={SAYS.verified}>
            <Time at={account.verifiedAt} />
          </Pair>
        </dl>
      )}
      {differences.map(({ field, wanted, shown }) => (
        <p class="note warn">{SAYS.difference(SAYS.fields[field], wanted, shown)}</p>
      ))}
    </li>
  );
}

const ACCOUNT_TONES = {
  active: 'complete',
  invited: 'running',
  deactivated: 'superseded',
  unverified: 'held',
} as const;

function Pair({ label, children }: { label: string; children?: unknown }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd class="breaks">{children as string}</dd>
    </div>
  );
}
