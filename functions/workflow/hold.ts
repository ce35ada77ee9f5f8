import * as z from 'zod/mini';
import { isApproved } from '../gate/reasons.ts';
import { stateMachinesFromEnvironment } from '../runs/state-machines.ts';
import { endHeld, letGo } from '../runs/task-token.ts';
import { endTurn } from '../runs/turn.ts';
import { HeldReason } from '../shared/held-reason.ts';
import { commandToRelease, type Publish, publishFromEnvironment } from '../shared/message.ts';
import type { Report } from '../shared/report.ts';
import { step } from '../shared/step.ts';
import { Workflow } from '../shared/workflow.ts';
import { type GateStore, gateStoreFromEnvironment } from '../tables/gate-store.ts';
import { type HoldRow, type HoldStore, holdStoreFromEnvironment } from '../tables/hold-store.ts';
import { identityStoreFromEnvironment } from '../tables/identity-store.ts';
import { orderStoreFromEnvironment } from '../tables/order-store.ts';
import { appReportsOfHeld, FinishedRun } from './run-report.ts';

const HeldRun = z.extend(FinishedRun, {
  gate: z.object({
    reasons: z.array(HeldReason),
    approved: z.array(z.string()),
    expiresInSeconds: z.int(),
  }),
});
type HeldRun = z.infer<typeof HeldRun>;

/**
 * Keeps the token by which a person lets a held run go on, and says everywhere that it is held. The employee's turn is
 * given back, so that a later event takes the run's place meanwhile.
 *
 * @throws the stores' errors; the SDK's errors.
 */
export const handler = step({
  name: 'WorkflowHold',
  client: () => ({
    machines: stateMachinesFromEnvironment(),
    holds: holdStoreFromEnvironment(),
    counts: gateStoreFromEnvironment(),
    publish: publishFromEnvironment(),
    store: identityStoreFromEnvironment(),
    order: orderStoreFromEnvironment(),
  }),
  input: z.object({
    workflow: Workflow,
    execution: z.string(),
    startedAt: z.string(),
    executionArn: z.string(),
    token: z.string().check(z.minLength(1)),
    run: HeldRun,
  }),
  run: async (sources, { workflow, execution, executionArn, startedAt, token, run }) => {
    const { employeeId, email } = run.employee;
    const reasons = reasonsOf(run);
    const row = await keepToken(sources.holds, { workflow, execution, employeeId, token, reasons, run });
    const held = { run: execution, reasons, since: row.since, until: row.until };
    const report: Report = {
      ...{ workflow, employeeId, email, origin: run.origin, dueAt: run.moment },
      ...{ status: 'held', held, apps: appReportsOfHeld(run) },
    };
    if (row.status === 'held') {
      await sources.store.writeReport(
        { workflow, startedAt, execution, rescinds: run.rescinds, origin: run.origin, dueAt: run.moment },
        report,
      );
    }
    if (row.status === 'held' && !row.isTold) await tell(sources, row, executionArn);
    await endTurn(sources.order, employeeId, { workflow, name: execution });
    // An attempt of this step before this one kept another token, and somebody decided by that.
    if (row.status === 'released') await letGo(sources.machines, token);
    if (row.status === 'rejected') await endHeld(sources.machines, token, 'It was rejected.');
    return { status: row.status };
  },
});

const HOUR_MS = 3_600_000;

/** Tells of a held run once; of all that are held because too many came, once an hour. */
async function tell(
  { holds, counts, publish }: { holds: HoldStore; counts: GateStore; publish: Publish },
  row: HoldRow,
  executionArn: string,
): Promise<void> {
  const { workflow, execution: run, employeeId, reasons } = row;
  const isOneOfMany = workflow !== 'update' && reasons.every(({ kind }) => kind === 'too_many');
  const now = Date.now();
  if (isOneOfMany && !(await counts.claimTelling(workflow, run, now, now - HOUR_MS))) return;
  await publish({
    kind: 'held',
    ...{ run, workflow, employeeId },
    apps: reasons.flatMap(({ app }) => app ?? []),
    reason: `${reasons.map(({ detail }) => detail).join(' ')}${isOneOfMany ? ' Others may be held too.' : ''}`,
    command: commandToRelease(executionArn, run),
  });
  const { version: _, ...told } = row;
  await holds.replace(row, { ...told, isTold: true });
}

/** Why the whole run is held, or else the apps in which it found something out. */
function reasonsOf({ recorded, gate }: HeldRun): HeldReason[] {
  return recorded === undefined ? gate.reasons : recorded.results.flatMap(({ outcome }) => outcome.held);
}

async function keepToken(
  holds: HoldStore,
  held: Pick<HoldRow, 'workflow' | 'execution' | 'employeeId' | 'token' | 'reasons'> & { run: HeldRun },
): Promise<HoldRow> {
  const { run, ...facts } = held;
  const { workflow, execution: name } = facts;
  for (;;) {
    const before = await holds.read({ workflow, name });
    const { approved = [], decisions = [] } = before ?? {};
    const isDecided = before !== null && before.status !== 'held' && isOld(before, facts.reasons);
    const isSame = before?.status === 'held';
    const now = Date.now();
    const wanted = {
      ...facts,
      ...{ approved, decisions },
      status: isDecided ? before.status : ('held' as const),
      since: isSame ? before.since : new Date(now).toISOString(),
      until: isSame ? before.until : new Date(now + run.gate.expiresInSeconds * 1000).toISOString(),
      askedBy: run.origin?.requester.name ?? null,
      isTold: isSame && before.isTold,
    };
    if (await holds.replace(before, wanted)) return { ...wanted, version: (before?.version ?? 0) + 1 };
  }
}

/** Whether a decision is about these reasons. */
function isOld({ status, approved }: HoldRow, reasons: readonly HeldReason[]): boolean {
  return status === 'rejected' || reasons.every((reason) => isApproved(approved, reason));
}
