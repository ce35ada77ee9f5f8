import type { HrSource } from '../../functions/shared/hr-sources.ts';
import type { WorkerRow, WorkerStore } from '../../functions/tables/worker-store.ts';

/** The rows of HR systems in memory, with the conditions that the table has. */
export function memoryWorkerStore(): WorkerStore {
  const rows = new Map<string, WorkerRow>();
  const dues = new Map<string, string>();
  const states = new Map<HrSource, unknown>();
  const key = (source: HrSource, sourceId: string) => `${source}#${sourceId}`;
  const copy = <T>(value: T): T => structuredClone(value);
  return {
    read: async (source, sourceId) => copy(rows.get(key(source, sourceId)) ?? null),
    readAll: async function* (source) {
      for (const [name, row] of [...rows]) if (name.startsWith(`${source}#`)) yield copy(row);
    },
    write: async (source, row) => {
      const before = rows.get(key(source, row.sourceId))?.version ?? 0;
      if (row.version !== before + 1) return false;
      rows.set(key(source, row.sourceId), copy(row));
      return true;
    },
    writeFirst: async (source, some) => {
      for (const row of some) rows.set(key(source, row.sourceId), copy(row));
    },
    noteDue: async (source, sourceId, due) => {
      if (due === null) dues.delete(key(source, sourceId));
      else dues.set(key(source, sourceId), due);
    },
    readDue: async (source, by) =>
      [...dues].flatMap(([name, due]) =>
        name.startsWith(`${source}#`) && due <= by ? [name.slice(source.length + 1)] : [],
      ),
    readState: async (source) => copy(states.get(source) ?? null),
    writeState: async (source, state) => {
      states.set(source, copy(state));
    },
  };
}
