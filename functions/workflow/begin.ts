import * as z from 'zod/mini';
import { APP_DESCRIPTIONS } from '../app-descriptions.ts';
import { AppResult } from '../runs/app-result.ts';
import { withLaterNews } from '../runs/news.ts';
import { appsToRescind, type RunOfPerson, readRunsOfPerson } from '../runs/rescind.ts';
import { runSourcesFromEnvironment } from '../runs/run-sources.ts';
import { isOpenRun } from '../runs/state-machines.ts';
import { finishTakeovers } from '../runs/takeover.ts';
import { takeTurn } from '../runs/turn.ts';
import { APP_TITLES, APPS, type App } from '../shared/apps.ts';
import { appsFromEnvironment } from '../shared/companys-apps.ts';
import { isAddressAmong } from '../shared/email.ts';
import { type LeftOver, pendingOutcome } from '../shared/outcome.ts';
import type { Position } from '../shared/position.ts';
import { AppReport } from '../shared/report.ts';
import { shownFactsAmong } from '../shared/shown-facts.ts';
import { step } from '../shared/step.ts';
import { Workflow } from '../shared/workflow.ts';
import {
  type AccountRow,
  type IdentityStore,
  identityStoreFromEnvironment,
  type Profile,
} from '../tables/identity-store.ts';
import { type RosterStore, rosterStoreFromEnvironment } from '../tables/roster-store.ts';
import type { Person } from '../vendor/find-account.ts';
import type { KnownNewOwner } from '../vendor/new-owner.ts';
import { contradiction } from './contradiction.ts';
import { knownNewOwner, newOwnerOf } from './new-owner.ts';
import { reachedApps } from './run-report.ts';

// An event that is about more than an app's account names more than this; it goes on to the steps as it is.
const Employee = z.looseObject({ employeeId: z.string() });
const AppItem = z.object({
  app: z.enum(APPS),
  role: z._default(z.nullable(z.string()), null),
  passwordEmail: z._default(z.boolean(), false),
});
type AppItem = z.infer<typeof AppItem>;
const Text = z.nullable(z.string());
const HireFacts = z.object({
  ...{ email: z.string(), firstName: z.string(), lastName: z.string(), startDate: z.string() },
  ...{ title: Text, department: Text, managerEmail: Text, timeZone: Text },
});
const Named = z.object({
  employeeId: z.string(),
  email: z.string(),
  firstName: z.nullable(z.string()),
  lastName: z.nullable(z.string()),
});

const Prepared = z.looseObject({
  employee: Employee,
  /** Whether the run takes back what an earlier one did. */
  rescinds: z.boolean(),
  /** What else than name and address a hire says anew of somebody who is known, in words. */
  otherNews: z._default(z.array(z.string()), []),
  /** Whom a termination names as the new owner; null where it names nobody, missing in any other run. */
  toldReassignTo: z.optional(z.nullable(z.string())),
  /** A leaver's; missing for a joiner. */
  lastWorkingDay: z.optional(z.string()),
  /** What the HR record said when it was read again; missing where it was not. */
  recordRead: z.optional(z.object({ changedBy: z.nullable(z.string()) })),
  apps: z.array(AppItem),
  /** What was done before apps were held that are released by now; missing where none was. */
  earlier: z._default(z.array(AppReport), []),
  recorded: z.optional(z.object({ results: z.array(AppResult) })),
  handedOver: z.optional(z.array(AppResult)),
});
type Prepared = z.infer<typeof Prepared>;

/**
 * Takes the employee's turn when the moment has come, or finds out that a later event was accepted meanwhile. What the
 * run goes by is read now: it may have waited for weeks, and another run may have acted until just now.
 *
 * @throws RunBusyError while another run acts for the employee, also under an id that was given up; the stores' errors; the SDK's errors.
 */
export const handler = step({
  name: 'WorkflowBegin',
  client: () => ({
    ...runSourcesFromEnvironment(),
    store: identityStoreFromEnvironment(),
    roster: rosterStoreFromEnvironment(),
  }),
  input: z.object({
    workflow: Workflow,
    execution: z.string(),
    /** How often the execution was redriven. */
    redrives: z._default(z.int(), 0),
    run: Prepared,
  }),
  run: async (sources, { workflow, execution, redrives, run: prepared }) => {
    const run = onlyHeldApps(prepared);
    const { employeeId } = run.employee;
    const changedBy = run.recordRead?.changedBy ?? null;
    // Before the turn: an event that is accepted from then on has another place.
    const { last, update } = await sources.order.read(employeeId);
    // A change of facts does not say whether somebody works here.
    const position = (last ?? update)?.position;
    const turn =
      changedBy === null
        ? await takeTurn(sources.order, employeeId, { workflow, name: execution }, (other) =>
            isOpenRun(sources.machines, other),
          )
        : ({ status: 'superseded', by: changedBy } as const);
    if (turn.status === 'current') await finishTakeovers(sources, employeeId);
    const [profile, accounts] = await Promise.all([
      sources.store.readProfile(employeeId),
      sources.store.readAccounts(employeeId),
    ]);
    // A hire may have waited while its facts changed.
    const isHire = workflow === 'onboarding' && !run.rescinds;
    const told = isHire
      ? withLaterNews(run.employee, await sources.order.read(employeeId), profile)
      : run.employee;
    const employee = { ...factsOf(profile, accounts), ...told };
    const named = z.parse(Named, employee);
    if (turn.status === 'superseded')
      return { ...run, employee, status: 'superseded', supersededBy: turn.by, apps: [] };
    const contradictedBy = await contradiction(sources, workflow, named, profile);
    await keepProfile(sources.store, { workflow, employee, contradictedBy }, profile);
    const previousIds = profile?.previousEmployeeIds ?? [];
    const runs = run.rescinds ? await readRunsOfPerson(sources.store, [...previousIds, employeeId]) : [];
    const hasEarlierRun = runs.some((earlier) => earlier.execution !== execution);
    const wanted = itemsOf(workflow, run, { accounts, runs });
    const owner = await laterOwner(sources.store, run, named, profile);
    if (workflow === 'offboarding' && contradictedBy === null)
      await wantShut(sources.roster, wanted, {
        ...owner,
        ...{ employee: named, accounts, position },
        lastWorkingDay: run.lastWorkingDay,
      });
    return {
      ...run,
      employee,
      // What the event itself says: an update writes nothing else.
      news: run.employee,
      status: 'current',
      supersededBy: null,
      redrives,
      person: { ...personOf(workflow, named, profile, contradictedBy), otherIds: otherIdsOf(accounts) },
      isKnown: profile !== null || accounts.length > 0 || hasEarlierRun,
      ...owner,
      position: position ?? null,
      apps: wanted.map((item) => {
        const vendorUserId = accounts.find(({ app }) => app === item.app)?.vendorUserId ?? null;
        const news = newsLeft(item.app, vendorUserId, run.otherNews);
        return { ...item, vendorUserId, outcome: pendingOutcome(news) };
      }),
    };
  },
});

/**
 * Records before the first step that the leaver's known accounts are to be shut. A run that is cut off before it has
 * recorded them itself is then seen by the reconciliation, as long as a login is open.
 */
async function wantShut(
  roster: RosterStore,
  wanted: readonly AppItem[],
  leaver: {
    employee: { employeeId: string; email: string };
    accounts: readonly AccountRow[];
    position: Position | undefined;
    lastWorkingDay?: string | undefined;
    reassignTo?: string | null;
  },
): Promise<void> {
  const { employeeId, email } = leaver.employee;
  const at = new Date().toISOString();
  for (const { app } of wanted) {
    const account = leaver.accounts.find((row) => row.app === app);
    if (account === undefined) continue;
    const before = await roster.find(app, employeeId);
    await roster.write({
      app,
      employeeId,
      email,
      vendorUserId: account.vendorUserId,
      otherId: account.otherId ?? before?.otherId ?? null,
      role: account.role,
      login: 'shut',
      lastWorkingDay: leaver.lastWorkingDay ?? null,
      reassignTo: leaver.reassignTo ?? null,
      ...{ at, position: leaver.position },
    });
  }
}

/** A run that was released where apps were held, about these apps only; any other run as it is. */
function onlyHeldApps(run: Prepared): Prepared {
  if (run.recorded === undefined) return run;
  const reached = reachedApps(run);
  const held = reached.filter(({ status }) => status === 'held').map(({ app }) => app);
  const { recorded: _, handedOver: __, ...rest } = run;
  return {
    ...rest,
    apps: run.apps.filter(({ app }) => held.includes(app)),
    earlier: reached.filter(({ app }) => !held.includes(app)),
  };
}

/** What is known of an employee about whom the event says no more than the id. Names that nobody told are null. */
function factsOf(profile: Profile | null, accounts: readonly AccountRow[]) {
  return {
    email: profile?.email ?? accounts[0]?.email ?? '',
    firstName: profile?.firstName ?? null,
    lastName: profile?.lastName ?? null,
    title: profile?.title ?? null,
    department: profile?.department ?? null,
    employmentType: null,
    managerEmail: profile?.managerEmail ?? null,
    timeZone: profile?.timeZone ?? null,
    startDate: profile?.startDate ?? null,
  };
}

function otherIdsOf(accounts: readonly AccountRow[]): Person['otherIds'] {
  return Object.fromEntries(
    accounts.flatMap(({ app, otherId }) => (otherId == null ? [] : [[app, otherId]])),
  );
}

/** Stores the profile of a hire whose address was still somebody else's when the event arrived. */
async function keepProfile(
  store: IdentityStore,
  run: { workflow: Workflow; employee: { employeeId: string }; contradictedBy: string | null },
  profile: Profile | null,
): Promise<void> {
  if (run.workflow !== 'onboarding' || run.contradictedBy !== null) return;
  const hire = z.safeParse(HireFacts, run.employee);
  if (!hire.success || isAddressAmong(hire.data.email, profile?.addresses ?? [])) return;
  await store.writeProfile(run.employee.employeeId, hire.data);
}

/** Who takes over by now: the manager may be another one since the termination was accepted. */
async function laterOwner(
  store: IdentityStore,
  { toldReassignTo }: Prepared,
  employee: { email: string },
  profile: Profile | null,
): Promise<{ reassignTo?: string | null; newOwner?: KnownNewOwner | null }> {
  if (toldReassignTo === undefined) return {};
  const reassignTo = newOwnerOf(profile, { employee, reassignTo: toldReassignTo });
  return { reassignTo, newOwner: await knownNewOwner(store, reassignTo) };
}

function itemsOf(
  workflow: Workflow,
  { rescinds, apps }: Prepared,
  { accounts, runs }: { accounts: readonly AccountRow[]; runs: readonly RunOfPerson[] },
): AppItem[] {
  const present = (some: readonly App[]) => appsFromEnvironment().filter((app) => some.includes(app));
  if (workflow === 'update') {
    const used = accounts.filter(({ status }) => status !== 'deactivated').map(({ app }) => app);
    return present(used).map(plainItem);
  }
  if (!rescinds) return apps;
  return present(appsToRescind(runs, workflow)).map(plainItem);
}

const plainItem = (app: App): AppItem => ({ app, role: null, passwordEmail: false });

function personOf(
  workflow: Workflow,
  { employeeId, email, firstName, lastName }: z.infer<typeof Named>,
  profile: Profile | null,
  contradictedBy: string | null,
): Omit<Person, 'otherIds'> {
  return {
    workflow,
    employeeId,
    previousEmployeeIds: profile?.previousEmployeeIds ?? [],
    name: firstName === null || lastName === null ? null : { firstName, lastName },
    email,
    profileEmail: profile?.email ?? null,
    earlierAddresses: profile?.addresses ?? [],
    contradictedBy,
  };
}

/** A second hire says as much as an update where no step writes it. */
function newsLeft(app: App, vendorUserId: string | null, news: readonly string[]): LeftOver {
  if (vendorUserId === null || news.length === 0 || APP_DESCRIPTIONS[app].keepsMoreFacts !== true) return {};
  const list = new Intl.ListFormat('en-GB').format(news);
  return {
    followUps: [
      `Change the ${list} of ${APP_TITLES[app]} account ${vendorUserId} by hand, if the app keeps it.`,
    ],
    unwritten: shownFactsAmong(news),
  };
}
