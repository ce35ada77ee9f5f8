import { APPS } from '../shared/apps.ts';
import { InvalidInputError, RunBusyError } from '../shared/errors.ts';
import type { IdentityStore } from '../tables/identity-store.ts';
import type { Order } from '../tables/order-store.ts';
import type { RosterStore } from '../tables/roster-store.ts';
import { assertKnown } from './previous-id.ts';
import type { RunSources } from './start-run.ts';
import { isOpenRun } from './state-machines.ts';
import { replaceRun } from './supersede.ts';

export type TakeoverSources = Omit<RunSources, 'store'> & {
  store: IdentityStore;
  roster: Pick<RosterStore, 'move'>;
};

/**
 * Gives all that is known of an employee to another id: a converted contractor, a rehire under a new number, a new HR
 * system. Later events about the old id are superseded and shut nobody. May be run again.
 *
 * @param ids.from the id that is given up.
 * @param ids.to the id that the person has now.
 * @throws InvalidInputError when nobody is known by the old id (`unknown`), it was given to a third one (`conflict`), or
 *   both are the same; RunBusyError while a run acts for the old id; IdentityConflictError when an account is recorded
 *   for a third one; the stores' errors.
 */
export async function takeOver(sources: TakeoverSources, ids: { from: string; to: string }): Promise<void> {
  try {
    await takeOverWithin(sources, ids, []);
  } catch (error) {
    // An id that cannot be taken over must not wait for the next run, as it may become somebody's.
    if (error instanceof InvalidInputError) await forget(sources.order, ids.to, ids.from);
    throw error;
  }
}

/** @param within the ids whose own takeovers wait for this one: an id may be given up and taken back. */
async function takeOverWithin(
  sources: TakeoverSources,
  { from, to }: { from: string; to: string },
  within: readonly string[],
): Promise<void> {
  if (from === to) throw new InvalidInputError(`The employee ids are both ${to}. Name two different ones.`);
  await finishWithin(sources, from, [...within, to]);
  await giveUp(sources, from, to);
  await sources.store.moveEmployee(from, to);
  for (const app of APPS) await sources.roster.move(app, from, to);
  await forget(sources.order, to, from);
}

/**
 * Takes over what a hire that was replaced in the meantime has left. Ids by which nobody is known are forgotten.
 *
 * @throws RunBusyError while a run acts for an id that was given up; the stores' errors.
 */
export function finishTakeovers(sources: TakeoverSources, employeeId: string): Promise<void> {
  return finishWithin(sources, employeeId, []);
}

/**
 * Takes what a run has just stored about an id that was given up meanwhile to the id that the person has by now: the Lambda
 * of a run that is stopped goes on. @throws the stores' errors
 */
export async function followTakeover(
  { order, store }: Pick<TakeoverSources, 'order' | 'store'>,
  employeeId: string,
): Promise<void> {
  const { movedTo } = await order.read(employeeId);
  if (movedTo === null) return;
  await store.moveEmployee(employeeId, movedTo);
  await followTakeover({ order, store }, movedTo);
}

async function finishWithin(
  sources: TakeoverSources,
  employeeId: string,
  within: readonly string[],
): Promise<void> {
  const { takesOver } = await sources.order.read(employeeId);
  for (const from of takesOver.filter((id) => !within.includes(id))) {
    await takeOverWithin(sources, { from, to: employeeId }, within).catch((error: unknown) => {
      // The hire that named the id has said so.
      if (!(error instanceof InvalidInputError)) throw error;
    });
    await forget(sources.order, employeeId, from);
  }
}

async function forget(order: RunSources['order'], employeeId: string, from: string): Promise<void> {
  for (;;) {
    const seen = await order.read(employeeId);
    const takesOver = seen.takesOver.filter((id) => id !== from);
    if (takesOver.length === seen.takesOver.length) return;
    if (await order.replace(employeeId, seen, { ...seen, takesOver })) return;
  }
}

async function giveUp({ order, machines, store }: TakeoverSources, from: string, to: string): Promise<void> {
  for (;;) {
    const seen = await order.read(from);
    if (seen.movedTo === to) return;
    if (seen.movedTo !== null)
      throw new InvalidInputError(
        `Employee ${from} is ${seen.movedTo} by now. Name that as the previous id.`,
        'conflict',
      );
    await assertKnown(store, seen, from);
    const { active, last, update } = seen;
    if (active !== null && (await isOpenRun(machines, active))) throw new RunBusyError(from, active.name);
    if (!(await order.replace(from, seen, { ...seen, movedTo: to }))) continue;
    for (const event of [last, update])
      if (event !== null) await replaceRun({ machines, store }, from, event.run, to);
    await takeBack(order, to, seen.hireToGoOn);
    return;
  }
}

/**
 * Whoever gave the id up before has it again. A hire of the other id that a termination has stopped goes on under this
 * one when that is rescinded, unless there was a hire under this one.
 */
async function takeBack(
  order: RunSources['order'],
  employeeId: string,
  interrupted: Order['hireToGoOn'],
): Promise<void> {
  for (;;) {
    const seen = await order.read(employeeId);
    const isHired = seen.last?.run.workflow === 'onboarding';
    const hireToGoOn = isHired ? seen.hireToGoOn : (seen.hireToGoOn ?? interrupted);
    if (seen.movedTo === null && hireToGoOn === seen.hireToGoOn) return;
    if (await order.replace(employeeId, seen, { ...seen, movedTo: null, hireToGoOn })) return;
  }
}
