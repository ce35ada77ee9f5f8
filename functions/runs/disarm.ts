import type { OrderStore } from '../tables/order-store.ts';

/** Lets no repeat of its event start a run again that a person has stopped or rejected. @throws the store's errors */
export async function disarm(order: OrderStore, employeeId: string, run: string): Promise<void> {
  const { last, update } = await order.read(employeeId);
  const stopped = [last, update].find((accepted) => accepted?.run.name === run);
  if (stopped === undefined || stopped === null) return;
  const event = await order.findEvent(employeeId, stopped.eventId);
  if (event !== null) await order.writeEvent(employeeId, { ...event, status: 'stopped' });
}
