import { RunBusyError } from '../shared/errors.ts';
import { laneOf, type OrderStore, type RunRef } from '../tables/order-store.ts';

/** Whether a run may act; of a superseded one, what took its place. */
export type Turn = { status: 'current' } | { status: 'superseded'; by: string };

/**
 * Gives a run its employee's turn: from here on until `endTurn` no other run acts for the employee, and no later event
 * stops it. A run that broke off has lost its turn.
 *
 * @param isOpen whether a run waits or runs.
 * @throws RunBusyError; the store's errors; what `isOpen` throws.
 */
export async function takeTurn(
  store: OrderStore,
  employeeId: string,
  run: RunRef,
  isOpen: (run: RunRef) => Promise<boolean>,
): Promise<Turn> {
  for (;;) {
    const order = await store.read(employeeId);
    const { active, movedTo } = order;
    const current = order[laneOf(run.workflow)]?.run.name ?? 'nothing';
    if (movedTo !== null) return { status: 'superseded', by: movedTo };
    if (current !== run.name) return { status: 'superseded', by: current };
    if (active?.name === run.name) return { status: 'current' };
    if (active !== null && (await isOpen(active))) throw new RunBusyError(employeeId, active.name);
    if (await store.replace(employeeId, order, { ...order, active: run })) return { status: 'current' };
  }
}

/** Lets the next run act. Does nothing when this one does not. */
export async function endTurn(store: OrderStore, employeeId: string, run: RunRef): Promise<void> {
  for (;;) {
    const order = await store.read(employeeId);
    if (order.active?.name !== run.name) return;
    if (await store.replace(employeeId, order, { ...order, active: null })) return;
  }
}

/** A run goes on, as by a redrive, although a later event was accepted since it ended. */
export class TurnLostError extends Error {
  override readonly name = 'TurnLostError';

  constructor(employeeId: string, run: string, by: string) {
    super(
      `The run ${run} for employee ${employeeId} is over, and ${by} was asked for since. Nothing more is done. Send the event that is to count again.`,
    );
  }
}

/**
 * Lets a run go on that has the turn, or may have it: a redrive begins at the state that failed, and does not take the
 * turn again.
 *
 * @throws TurnLostError when a later event was accepted since the run lost its turn; the store's errors.
 */
export async function assertTurn(
  store: Pick<OrderStore, 'read'>,
  employeeId: string,
  { workflow, name }: RunRef,
): Promise<void> {
  const order = await store.read(employeeId);
  const current = order.movedTo ?? order[laneOf(workflow)]?.run.name ?? name;
  if (order.active?.name !== name && current !== name) throw new TurnLostError(employeeId, name, current);
}
