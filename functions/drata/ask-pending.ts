import * as z from 'zod/mini';
import { isAskedAgain } from '../compliance/pending.ts';
import {
  type ComplianceSinks,
  complianceSinksFromEnvironment,
  recordCompliance,
} from '../compliance/record.ts';
import { step } from '../shared/step.ts';
import type { ComplianceRow } from '../tables/compliance-store.ts';
import { type DrataClient, drata } from './client.ts';

// One call for each person. The hourly sync reads the others anyway.
const MOST_AT_ONCE = 100;
// After this, no further person is read. The current one may wait for the rest of the step's time.
const LONGEST_MS = 60_000;

export const handler = step({
  name: 'DrataAskPending',
  client: () => ({ drata: drata(), sinks: complianceSinksFromEnvironment() }),
  input: z.object({ round: z.int() }),
  run: async ({ drata, sinks }, { round }) => {
    await askPending(drata, sinks);
    return { round: round + 1 };
  },
});

/**
 * Reads the status again of everybody whose status was pending when they were last listed, as long as there is time;
 * who was listed longest ago comes first. Whoever has been pending for more than a day is left to the hourly sync.
 *
 * @throws the errors of `VendorHttp`, of the store and of the bus.
 */
export async function askPending(
  client: Pick<DrataClient, 'readCompliance'>,
  sinks: ComplianceSinks,
  most = MOST_AT_ONCE,
): Promise<void> {
  const startedAt = sinks.now();
  const pending: ComplianceRow[] = [];
  for await (const row of sinks.store.readAll()) if (isAskedAgain(row, startedAt)) pending.push(row);
  pending.sort((one, other) => Date.parse(one.seenAt) - Date.parse(other.seenAt));
  for (const { personnelId } of pending.slice(0, most)) {
    const askedAt = sinks.now();
    if (askedAt - startedAt >= LONGEST_MS) return;
    const record = await client.readCompliance(personnelId);
    if (record !== null) await recordCompliance(sinks, [record], askedAt);
  }
}
