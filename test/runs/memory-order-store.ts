import {
  type EventRow,
  NOTHING_YET,
  type Order,
  type OrderStore,
} from '../../functions/tables/order-store.ts';

/** Orders in memory, with the same conditions as the table's. */
export function memoryOrderStore(): OrderStore {
  const orders = new Map<string, Order>();
  const events = new Map<string, EventRow>();
  const read = async (employeeId: string): Promise<Order> => orders.get(employeeId) ?? NOTHING_YET;
  return {
    read,
    replace: async (employeeId, seen, wanted) => {
      if ((await read(employeeId)).version !== seen.version) return false;
      orders.set(employeeId, { ...wanted, version: seen.version + 1 });
      return true;
    },
    findEvent: async (employeeId, eventId) => events.get(`${employeeId}#${eventId}`) ?? null,
    writeEvent: async (employeeId, event) => {
      events.set(`${employeeId}#${event.eventId}`, event);
    },
  };
}
