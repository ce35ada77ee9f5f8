import type { RateTable, Spending } from '../../functions/rate-limit/rate-table.ts';
import { type Counter, UNUSED } from '../../functions/rate-limit/slots.ts';

const DAYS_KEPT = 3;

/** The table of counters without DynamoDB; test/shared/rate-table.test.ts shows that both do the same. */
export function memoryRateTable(): RateTable {
  const counters = new Map<string, Counter>();
  return {
    read: async (key) => counters.get(key) ?? null,

    reserve: async (key, { width, latest, spending }) => {
      const before = counters.get(key);
      if (before === undefined || before.version === 0 || before.next > latest || !hasRoom(before, spending))
        return null;
      counters.set(key, { ...before, next: before.next + width, used: spent(before, spending) });
      return before;
    },

    amend: async (key, seen, wanted, { latest, spending = null }) => {
      const before = counters.get(key) ?? UNUSED;
      if (before.version !== seen.version || !hasRoom(before, spending)) return null;
      if (before.version > 0 && latest !== undefined && before.next > latest) return null;
      const known = new Map(Object.entries(seen));
      const changed = Object.entries(wanted).filter(
        ([field, value]) => field !== 'used' && value !== known.get(field),
      );
      counters.set(key, {
        ...before,
        ...Object.fromEntries(changed),
        next: before.next + wanted.next - seen.next,
        used: spent(before, spending),
        version: before.version + 1,
      });
      return before;
    },

    endDay: async (key, until, by) => {
      counters.set(key, { ...(counters.get(key) ?? UNUSED), [by]: until });
    },
    setUsed: async (key, day, used) => {
      const before = counters.get(key) ?? UNUSED;
      counters.set(key, { ...before, used: { ...before.used, [day]: used } });
    },
  };
}

function hasRoom({ used }: Counter, spending: Spending | null): boolean {
  const already = spending === null ? undefined : used[spending.day];
  return spending === null || already === undefined || already <= spending.perDay - spending.cost;
}

function spent({ used }: Counter, spending: Spending | null): Counter['used'] {
  if (spending === null) return used;
  const { day, cost } = spending;
  const { [day - DAYS_KEPT]: _forgotten, ...kept } = used;
  return { ...kept, [day]: (used[day] ?? 0) + cost };
}
