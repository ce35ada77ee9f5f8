import type { z } from 'zod/mini';
import {
  employeesByAccount,
  GraphInput,
  type GraphPlace,
  type GraphStores,
  graphOut,
  graphStoresFromEnvironment,
  stagedAccounts,
  wayUp,
} from '../reconciliation/graph.ts';
import { step } from '../shared/step.ts';
import { type SalesloftClient, salesloft } from './client.ts';

export const handler = step({
  name: 'SalesloftReadGraph',
  client: () => ({ salesloft: salesloft(), stores: graphStoresFromEnvironment() }),
  input: GraphInput,
  run: ({ salesloft, stores }, input) => storeRolesAndGroups(salesloft, stores, input),
});

/**
 * Stores each employee's role and groups, from the users that the walk has staged and the tree of groups.
 *
 * @throws the errors of `VendorHttp` and of the stores.
 */
export async function storeRolesAndGroups(
  client: Pick<SalesloftClient, 'listGroups'>,
  stores: GraphStores,
  { run, walk }: z.infer<typeof GraphInput>,
): Promise<GraphPlace> {
  const groups = new Map((await client.listGroups()).map((group) => [group.id, group]));
  const employees = await employeesByAccount(stores.roster, 'salesloft');
  const out = graphOut(stores, 'salesloft');
  for await (const account of stagedAccounts(stores.pages, {
    app: 'salesloft',
    run,
    attempt: walk.attempt,
  })) {
    const employeeId = employees.get(account.id);
    if (employeeId === undefined) continue;
    const { groupId = null, role = null } = account;
    const above = groupId === null ? [] : wayUp(groupId, (id) => groups.get(id)?.parentId);
    const way = groupId === null ? [] : [groupId, ...above];
    await out.add(employeeId, account.id, {
      roles: role === null ? [] : [role],
      groups: way.map((id) => ({ id, name: groups.get(id)?.name ?? id })),
    });
  }
  return out.end();
}
