import type { Count, CountKind, GateStore, PeopleNumber } from '../../functions/tables/gate-store.ts';

/** Counts in memory, with the same conditions as the table's. */
export function memoryGateStore(): GateStore {
  const counts = new Map<CountKind, Count>();
  const told = new Map<CountKind, { run: string; at: number }>();
  let people: PeopleNumber | null = null;
  const countOf = (kind: CountKind): Count => counts.get(kind) ?? { admissions: [], version: 0 };
  return {
    read: async (kind) => countOf(kind),
    replace: async (kind, seen, admissions) => {
      if (countOf(kind).version !== seen.version) return false;
      counts.set(kind, { admissions, version: seen.version + 1 });
      return true;
    },
    readPeople: async () => people,
    writePeople: async (number) => {
      people = number;
    },
    claimTelling: async (kind, run, at, since) => {
      const before = told.get(kind);
      if (before !== undefined && before.at >= since && before.run !== run) return false;
      told.set(kind, { run, at });
      return true;
    },
  };
}
