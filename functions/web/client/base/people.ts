import { useContext, useEffect, useState } from 'hono/jsx';
import type { Employee, RunSummary } from '../../../api/schemas.ts';
import type { Api } from './api.ts';
import { Around, isNotFound } from './use.ts';

/** People's names by employee id, as far as they were looked up: in memory, for one session. */
export type Names = Map<string, string>;

const NOBODY: Names = new Map();

/** The names of those whom runs are about; more of them once the API has told. */
export function useNames(runs: readonly Pick<RunSummary, 'employeeId' | 'status'>[]): Names {
  const around = useContext(Around);
  const [, setTold] = useState(0);
  // Somebody who is not known yet may be so once the run has come further.
  const key = runs.map(({ employeeId, status }) => `${employeeId} ${status}`).join('\n');
  useEffect(() => {
    if (around === null) return;
    let isOver = false;
    const tell = () => {
      if (!isOver) setTold((before) => before + 1);
    };
    const ids = runs.flatMap(({ employeeId }) => employeeId ?? []);
    // Whatever goes wrong here, the ids are shown.
    lookUp(around.api, around.names, ids, { tell, isOver: () => isOver }).catch(() => {});
    return () => {
      isOver = true;
    };
  }, [key]);
  return around?.names ?? NOBODY;
}

/**
 * Looks up whose names are not known, one after the other: the API has a limit, and names are no hurry.
 *
 * @throws ApiError but for somebody whom the API does not know.
 */
export async function lookUp(
  api: Pick<Api, 'read'>,
  names: Names,
  ids: readonly string[],
  { tell, isOver }: { tell: () => void; isOver: () => boolean },
): Promise<void> {
  for (const id of new Set(ids)) {
    if (isOver()) return;
    if (names.has(id)) continue;
    const name = await nameOf(api, id);
    if (name === null) continue;
    names.set(id, name);
    tell();
  }
}

async function nameOf(api: Pick<Api, 'read'>, id: string): Promise<string | null> {
  try {
    const { profile } = await api.read<Employee>(`/employees/${encodeURIComponent(id)}`);
    return profile === null ? null : `${profile.firstName} ${profile.lastName}`;
  } catch (error) {
    if (error instanceof Error && isNotFound(error)) return null;
    throw error;
  }
}
