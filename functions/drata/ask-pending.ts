import * as z from 'zod/mini';
import { isAskedAgain } from '../compliance/pending.ts';
import {
  type ComplianceSinks,
  complianceSinksFromEnvironment,
  recordCompliance,
} from '../compliance/record.ts';
import { step } from '../shared/step.ts';
import type { ComplianceRow } from '../tables/compliance-store.ts';
import { patiently } from '../vendor/patiently.ts';
import { type DrataClient, drata } from './client.ts';

// A call each, and the rest of the company is asked for every hour anyway.
const MOST_AT_ONCE = 100;
// When nobody else is asked about: four attempts and the waits between them may take four minutes more.
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
 * Asks again about everybody whose status was not computed when they were last listed, the longest ago first, as long as
 * there is time. Whoever has been pending for more than a day is left to the hourly sync.
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
    const record = await patiently(() => client.readCompliance(personnelId), sinks.sleep);
    if (record !== null) await recordCompliance(sinks, [record], askedAt);
  }
}
