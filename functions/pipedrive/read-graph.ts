import type { z } from 'zod/mini';
import {
  employeesByAccount,
  GraphInput,
  type GraphPlace,
  type GraphStores,
  graphOut,
  graphStoresFromEnvironment,
} from '../reconciliation/graph.ts';
import { advance } from '../shared/advance.ts';
import { step } from '../shared/step.ts';
import { patiently } from '../vendor/patiently.ts';
import { type PipedriveClient, pipedrive } from './client.ts';

// Well below what a Lambda has: the people under way come on top.
const LONGEST_MS = 600_000;
const PEOPLE_AT_ONCE = 25;

// Two calls a person. More people than this are read in turns, on one night after the other, because the calls of a
// day are counted.
const MOST_PEOPLE = 5_000;
const DAY_MS = 86_400_000;

export const handler = step({
  name: 'PipedriveReadGraph',
  client: () => ({ pipedrive: pipedrive(), stores: graphStoresFromEnvironment() }),
  input: GraphInput,
  run: ({ pipedrive, stores }, input) => storeRolesAndPermissions(pipedrive, stores, input),
});

/**
 * Stores each employee's roles and permissions, which Pipedrive tells one user at a time.
 *
 * @throws the errors of `VendorHttp` and of the stores, at the first people; see `advance`.
 */
export async function storeRolesAndPermissions(
  client: Pick<PipedriveClient, 'listRoleNames' | 'readGrants'>,
  stores: GraphStores,
  { graph }: Pick<z.infer<typeof GraphInput>, 'graph'>,
  mostPeople = MOST_PEOPLE,
): Promise<GraphPlace> {
  const roleNames = await patiently(client.listRoleNames, stores.sleep);
  // In one order, in which the next invocation goes on after somebody.
  const employees = [...(await employeesByAccount(stores.roster, 'pipedrive'))].sort(([, a], [, b]) =>
    a < b ? -1 : 1,
  );
  const turn = turnOf(employees, Math.floor(stores.now() / DAY_MS), mostPeople);
  const readNext = async ({ after, people }: GraphPlace): Promise<GraphPlace> => {
    const next = turn
      .filter(([, employeeId]) => after === null || employeeId > after)
      .slice(0, PEOPLE_AT_ONCE);
    const last = next.at(-1);
    if (last === undefined) return { status: 'read', after: null, people };
    const out = graphOut(stores, 'pipedrive');
    for (const [vendorUserId, employeeId] of next) {
      const { roleIds, permissions } = await patiently(() => client.readGrants(vendorUserId), stores.sleep);
      const roles = roleIds.map((id) => roleNames.get(id) ?? String(id));
      await out.add(employeeId, vendorUserId, { roles, permissions });
    }
    await out.end();
    return { status: 'more', after: last[1], people: people + next.length };
  };
  return advance({ from: graph, step: readNext, longestMs: LONGEST_MS, now: stores.now });
}

/** Whose turn it is on a day, when not everybody can be read on every day. */
function turnOf<Person>(people: readonly Person[], day: number, most: number): Person[] {
  const turns = Math.ceil(people.length / most);
  return turns <= 1 ? [...people] : people.filter((_, index) => index % turns === day % turns);
}
