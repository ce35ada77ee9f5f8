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
import type { GraphRow } from '../tables/graph-store.ts';
import { type DrataClient, drata } from './client.ts';

export const handler = step({
  name: 'DrataReadGraph',
  client: () => ({ drata: drata(), stores: graphStoresFromEnvironment() }),
  input: GraphInput,
  run: ({ drata, stores }, input) => storeManagersAndControls(drata, stores, input),
});

/**
 * Stores each employee's managers, from the records that the walk has staged, and the controls they own.
 *
 * @throws the errors of `VendorHttp`, such as VendorAuthError for a key without controls:read; the stores' errors.
 */
export async function storeManagersAndControls(
  client: Pick<DrataClient, 'listControls'>,
  stores: GraphStores,
  { run, walk }: z.infer<typeof GraphInput>,
): Promise<GraphPlace> {
  const controls = Map.groupBy(await client.listControls(), ({ ownerId }) => ownerId);
  const employees = await employeesByAccount(stores.roster, 'drata');
  const managers = new Map<string, string>();
  for await (const { id, managerId } of stagedAccounts(stores.pages, {
    app: 'drata',
    run,
    attempt: walk.attempt,
  }))
    if (managerId !== null && managerId !== undefined) managers.set(id, managerId);

  const out = graphOut(stores, 'drata');
  for (const [id, employeeId] of employees) {
    const chain: GraphRow['managers'] = wayUp(id, (below) => managers.get(below)).map((vendorUserId) => ({
      vendorUserId,
      employeeId: employees.get(vendorUserId) ?? null,
    }));
    const owned = (controls.get(id) ?? []).map(({ id: controlId, name }) => ({ id: controlId, name }));
    await out.add(employeeId, id, { managers: chain, controls: owned });
  }
  return out.end();
}
