import { type BusEvent, type EventBus, eventBusFromEnvironment } from '../shared/event-bus.ts';
import {
  type ComplianceRecord,
  type ComplianceRow,
  type ComplianceStore,
  complianceStoreFromEnvironment,
} from '../tables/compliance-store.ts';

/** Where compliance records go. */
export type ComplianceSinks = { store: ComplianceStore; bus: EventBus; now: () => number };

export const complianceSinksFromEnvironment = (): ComplianceSinks => ({
  store: complianceStoreFromEnvironment(),
  bus: eventBusFromEnvironment(),
  now: Date.now,
});

/**
 * Stores what Drata has computed for some people, and puts `compliance.changed` on the bus for everybody who is new or
 * whose status has changed. The events hold ids and no addresses.
 *
 * @param askedAt when Drata was asked, in epoch milliseconds. A row that was stored from a later answer stays.
 * @throws the errors of the store and the bus.
 */
export async function recordCompliance(
  { store, bus }: Pick<ComplianceSinks, 'store' | 'bus'>,
  records: readonly ComplianceRecord[],
  askedAt: number,
): Promise<void> {
  const before = await store.find(records.map(({ personnelId }) => personnelId));
  const seenAt = new Date(askedAt).toISOString();
  // Two syncs may overlap, and the slower one may have the older answer.
  const isNews = ({ personnelId }: ComplianceRecord) => (before.get(personnelId)?.seenAt ?? '') <= seenAt;
  const rows = records.filter(isNews).map((record): ComplianceRow => {
    const known = before.get(record.personnelId);
    const since = known?.complianceStatus === record.complianceStatus ? known.since : seenAt;
    return { ...record, since, seenAt };
  });
  // The events first: after a crash in between they are sent again; in the other order they would be lost.
  await bus.putEvents(rows.flatMap((row) => changeOf(before.get(row.personnelId), row) ?? []));
  await store.write(rows);
}

function changeOf(before: ComplianceRow | undefined, after: ComplianceRow): BusEvent | null {
  if (before !== undefined && textOf(before) === textOf(after)) return null;
  const { personnelId, employeeId, seenAt: at } = after;
  return {
    detailType: 'compliance.changed',
    detail: {
      personnelId,
      employeeId,
      at,
      before: before === undefined ? null : computed(before),
      after: computed(after),
    },
  };
}

function computed({ complianceStatus, trainingStatus }: ComplianceRow) {
  return { complianceStatus, trainingStatus };
}

/** The part of a row that counts as a change, as a text that does not depend on the order of fields. */
function textOf({ complianceStatus, trainingStatus }: ComplianceRow): string {
  return JSON.stringify([complianceStatus, trainingStatus], inOneOrder);
}

function inOneOrder(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).sort());
}
