import { approvalOf } from '../gate/reasons.ts';
import { type GateSettings, gateSettingsFromEnvironment } from '../gate/settings.ts';
import type { HeldReason } from '../shared/held-reason.ts';
import type { HoldRow, HoldStore } from '../tables/hold-store.ts';
import type { OrderStore } from '../tables/order-store.ts';
import { disarm } from './disarm.ts';
import { isOpenRun, type StateMachines } from './state-machines.ts';
import { endHeld, letGo } from './task-token.ts';

/** What deciding about held runs needs. */
export type HoldSources = { machines: StateMachines; order: OrderStore; holds: HoldStore };

/** Who decides, and why. */
export type Verdict = {
  /** Null where nobody can tell. */
  by: string | null;
  reason: string;
};

/** A run cannot be released or rejected. */
export class NotHeldError extends Error {
  override readonly name = 'NotHeldError';
}

/** Somebody decides about what they asked for themselves. */
export class FourEyesError extends Error {
  override readonly name = 'FourEyesError';

  constructor(run: string) {
    super(`The run ${run} was asked for by the same person. Somebody else has to release it.`);
  }
}

/**
 * Lets a held run go on. It looks again whether it is still current, and then does what it was held for.
 *
 * @throws NotHeldError; FourEyesError; the stores' errors; the SDK's errors.
 */
export async function releaseRun(sources: HoldSources, name: string, verdict: Verdict): Promise<HoldRow> {
  const row = await decide(sources, name, verdict, 'released');
  if (await letGo(sources.machines, row.token)) return row;
  throw lost(name);
}

/**
 * Ends a held run. Sending its event again does not start it again.
 *
 * @throws NotHeldError; the stores' errors; the SDK's errors.
 */
export async function rejectRun(sources: HoldSources, name: string, verdict: Verdict): Promise<HoldRow> {
  const row = await decide(sources, name, verdict, 'rejected');
  await disarm(sources.order, row.employeeId, name);
  if (await endHeld(sources.machines, row.token, 'Somebody rejected it.')) return row;
  throw lost(name);
}

async function decide(
  { machines, holds }: HoldSources,
  name: string,
  { by, reason }: Verdict,
  decision: 'released' | 'rejected',
): Promise<HoldRow> {
  for (;;) {
    const row = await holds.find(name);
    if (row === null) throw new NotHeldError(`The run ${name} is not held.`);
    if (!(await isOpenRun(machines, { workflow: row.workflow, name })))
      throw new NotHeldError(`The run ${name} is not held any more.`);
    // Whoever decided so before may not have come to send the token.
    if (row.status === decision) return row;
    if (row.status !== 'held') throw new NotHeldError(`The run ${name} is ${row.status} already.`);
    if (decision === 'released' && isOwn(row, by, gateSettingsFromEnvironment()))
      throw new FourEyesError(name);
    const { version: _, ...before } = row;
    const { reasons, approved } = before;
    const wanted: Omit<HoldRow, 'version'> = {
      ...before,
      status: decision,
      approved: decision === 'released' ? [...new Set([...approved, ...reasons.map(approvalOf)])] : approved,
      decisions: [...before.decisions, { decision, by, at: new Date().toISOString(), reason, reasons }],
    };
    if (await holds.replace(row, wanted)) return { ...wanted, version: row.version + 1 };
  }
}

/** What is found out in an app is about people whom everything depends on, too. */
const OF_PROTECTED: readonly HeldReason['kind'][] = [
  'protected',
  'token_user',
  'last_admin',
  'account_owner',
];

function isOwn(
  { askedBy, reasons }: HoldRow,
  by: string | null,
  { fourEyes }: Pick<GateSettings, 'fourEyes'>,
): boolean {
  const isAsked = fourEyes ?? reasons.some(({ kind }) => OF_PROTECTED.includes(kind));
  return isAsked && by !== null && by === askedBy;
}

function lost(name: string): NotHeldError {
  return new NotHeldError(
    `Nothing waits for the decision about the run ${name} any more. Send its event again to start it again.`,
  );
}
