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
import { type PipedriveClient, pipedrive } from './client.ts';

// Well below a Lambda's time limit, because the people being read come on top.
const LONGEST_MS = 600_000;
const PEOPLE_AT_ONCE = 25;

// Each person takes two calls, and Pipedrive limits the calls of a day. When there are more people than this, each
// night reads some of them in turn.
const MOST_PEOPLE = 5_000;
const DAY_MS = 86_400_000;

export const handler = step({
  name: 'PipedriveReadGraph',
  client: () => ({ pipedrive: pipedrive(), stores: graphStoresFromEnvironment() }),
  input: GraphInput,
  run: ({ pipedrive, stores }, input) => storeRolesAndPermissions(pipedrive, stores, input),
});

/**
 * Stores each employee's roles and permissions, which Pipedrive shows for one user at a time.
 *
 * @throws the errors of `VendorHttp` and of the stores, when the first people fail; see `advance`.
 */
export async function storeRolesAndPermissions(
  client: Pick<PipedriveClient, 'listRoleNames' | 'readGrants'>,
  stores: GraphStores,
  { graph }: Pick<z.infer<typeof GraphInput>, 'graph'>,
  mostPeople = MOST_PEOPLE,
): Promise<GraphPlace> {
  const roleNames = await client.listRoleNames();
  // Always in the same order, so that the next invocation can go on after the last person.
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
      const { roleIds, permissions } = await client.readGrants(vendorUserId);
      const roles = roleIds.map((id) => roleNames.get(id) ?? String(id));
      await out.add(employeeId, vendorUserId, { roles, permissions });
    }
    await out.end();
    return { status: 'more', after: last[1], people: people + next.length };
  };
  return advance({ from: graph, step: readNext, longestMs: LONGEST_MS, now: stores.now });
}

/** The people to read on a day, when not everybody can be read every day. */
function turnOf<Person>(people: readonly Person[], day: number, most: number): Person[] {
  const turns = Math.ceil(people.length / most);
  return turns <= 1 ? [...people] : people.filter((_, index) => index % turns === day % turns);
}
