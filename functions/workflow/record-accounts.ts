import * as z from 'zod/mini';
import { appsWith } from '../app-descriptions.ts';
import { AppResult } from '../runs/app-result.ts';
import { assertTurn } from '../runs/turn.ts';
import { IdentityConflictError } from '../shared/errors.ts';
import { pendingOutcome } from '../shared/outcome.ts';
import { Position } from '../shared/position.ts';
import { ShownFacts } from '../shared/shown-facts.ts';
import { step } from '../shared/step.ts';
import { Workflow } from '../shared/workflow.ts';
import { type AccountRow, identityStoreFromEnvironment } from '../tables/identity-store.ts';
import { orderStoreFromEnvironment } from '../tables/order-store.ts';
import { type RosterRow, type RosterStore, rosterStoreFromEnvironment } from '../tables/roster-store.ts';

/**
 * Writes the identity mappings of all accounts that the steps found or made and what HR wants in each app, and says
 * in which apps something is left to do: records to hand over, or a login to try again; and whether any is held. An
 * account that is recorded as another employee's fails its app only.
 *
 * @throws TurnLostError where a redrive goes on with a run that is not current any more; the stores' errors.
 */
export const handler = step({
  name: 'WorkflowRecordAccounts',
  client: () => ({
    store: identityStoreFromEnvironment(),
    roster: rosterStoreFromEnvironment(),
    order: orderStoreFromEnvironment(),
  }),
  input: z.object({
    workflow: Workflow,
    execution: z.string(),
    /** How often the execution was redriven. */
    redrives: z._default(z.int(), 0),
    /** Of a login that is shut after it was tried again. */
    startedAt: z.optional(z.string()),
    employee: z.object({ employeeId: z.string(), email: z.string() }),
    /** A leaver's; missing for a joiner. */
    lastWorkingDay: z.optional(z.string()),
    reassignTo: z.optional(z.nullable(z.string())),
    /** Where the event stands; an execution from before that was told goes by when it acts. */
    position: z.optional(z.nullable(Position)),
    results: z.array(AppResult),
  }),
  run: async ({ store, roster, order }, input) => {
    const { workflow, execution, employee, results } = input;
    await assertTurn(order, employee.employeeId, { workflow, name: execution });
    const verifiedAt = new Date().toISOString();
    // Where it is not decided whose an account is, nothing is known to be wanted there.
    for (const result of results.filter((one) => one.error?.Error !== 'IdentityConflictError'))
      await roster.write(await rosterRow(roster, input, result, verifiedAt));
    const recorded: AppResult[] = [];
    for (const result of results) {
      const { account } = result.outcome;
      if (account === null) {
        recorded.push(result);
        continue;
      }
      const row: AccountRow = {
        app: result.app,
        vendorUserId: account.vendorUserId,
        otherId: otherIdOf(account),
        email: employee.email,
        shown: shownFacts(workflow, result),
        status: accountStatus(workflow, result),
        role: result.role ?? null,
        verifiedAt,
        execution,
      };
      const conflict = await store.writeAccount(employee.employeeId, row).catch(asConflict);
      recorded.push(conflict === undefined ? result : { ...result, error: conflict });
    }
    const { startedAt } = input;
    if (startedAt !== undefined)
      for (const { app } of recorded)
        await store.endTrying(employee.employeeId, { workflow, execution, startedAt }, app);
    const ended = recorded.map((result) => ({
      ...result,
      error: result.error ?? null,
      goesOn: workflow === 'offboarding' ? goesOn(result) : 'done',
    }));
    return {
      status: recorded.some(isHeld) ? 'held' : 'recorded',
      results: ended,
      redrives: input.redrives,
      unfinished: ended.filter((result) => result.goesOn !== 'done').map(afresh),
    };
  },
});

function accountStatus(workflow: Workflow, { outcome, error }: AppResult): AccountRow['status'] {
  if ((error !== undefined && error !== null) || outcome.status === 'held') return 'unverified';
  if (workflow === 'offboarding') return 'deactivated';
  return outcome.status === 'invited' ? 'invited' : 'active';
}

const WithShown = z.object({ shown: ShownFacts });

/**
 * What the app shows after the run. What a hire or an update has written was read back, but not into here; what it
 * could not write, the app shows as before.
 */
function shownFacts(workflow: Workflow, { outcome }: AppResult): ShownFacts {
  const shown = z.safeParse(WithShown, outcome.account).data?.shown ?? {};
  if (workflow === 'offboarding' || outcome.changes.length === 0) return shown;
  return Object.fromEntries(outcome.unwritten.map((fact) => [fact, shown[fact] ?? null]));
}

const WithScimId = z.object({ scimId: z.string() });

/** SCIM's id of an account that REST knows by another one. */
function otherIdOf(account: AppResult['outcome']['account']): string | null {
  const scimId = z.safeParse(WithScimId, account).data?.scimId;
  return scimId === undefined ? null : `scim:${scimId}`;
}

async function rosterRow(
  roster: Pick<RosterStore, 'find'>,
  run: {
    workflow: Workflow;
    employee: { employeeId: string; email: string };
    lastWorkingDay?: string | undefined;
    reassignTo?: string | null | undefined;
    position?: Position | null | undefined;
  },
  { app, outcome, vendorUserId = null, role }: AppResult,
  at: string,
): Promise<RosterRow> {
  const { account } = outcome;
  const wanted = run.workflow === 'update' ? await roster.find(app, run.employee.employeeId) : null;
  return {
    app,
    ...run.employee,
    // An app that did not answer has not taken back what was known of it.
    vendorUserId: account === null ? vendorUserId : account.vendorUserId,
    otherId: otherIdOf(account),
    role: role ?? null,
    login: run.workflow === 'offboarding' ? 'shut' : 'open',
    lastWorkingDay: run.lastWorkingDay ?? null,
    reassignTo: run.reassignTo ?? null,
    // A change of facts says nothing of the role, nor of whether somebody works here.
    ...(wanted === null ? {} : keptOf(wanted)),
    at,
    position: run.position ?? undefined,
  };
}

function keptOf({ role, login, lastWorkingDay, reassignTo }: RosterRow) {
  return { role, login, lastWorkingDay, reassignTo };
}

function asConflict(error: unknown): AppResult['error'] {
  if (error instanceof IdentityConflictError) return { Error: error.name, Cause: error.message };
  throw error;
}

// Records change hands only in apps that have an owner for them, and only once the leaver is locked out.
const APPS_WITH_RECORDS = appsWith('handOver');

/** What is left to do in an app. */
function goesOn(result: AppResult): 'try' | 'hand_over' | 'done' {
  if (result.mayPass === true && (result.error ?? null) !== null) return 'try';
  return mayHandOver(result) ? 'hand_over' : 'done';
}

/** A login that is tried again begins with the first step, which looks for the account that is recorded by now. */
function afresh<Result extends AppResult & { goesOn: string }>(result: Result): Result {
  if (result.goesOn !== 'try') return result;
  const { account } = result.outcome;
  const vendorUserId = result.vendorUserId ?? account?.vendorUserId ?? null;
  return { ...result, vendorUserId, outcome: { ...pendingOutcome(result.outcome), account } };
}

function mayHandOver({ app, outcome, error }: AppResult): boolean {
  return (
    APPS_WITH_RECORDS.includes(app) &&
    !isHeld({ outcome }) &&
    outcome.account !== null &&
    (error ?? null) === null
  );
}

function isHeld({ outcome }: Pick<AppResult, 'outcome'>): boolean {
  return outcome.status === 'held';
}
