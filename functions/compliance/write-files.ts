import * as z from 'zod/mini';
import type { FileStore } from '../files/file-store.ts';
import { fileStoreFromEnvironment } from '../files/files.ts';
import { writeRowFiles } from '../files/row-files.ts';
import { step } from '../shared/step.ts';
import {
  type ComplianceRow,
  type ComplianceStore,
  complianceStoreFromEnvironment,
} from '../tables/compliance-store.ts';
import { isAskedAgain, isListed } from './pending.ts';
import type { ComplianceSummary } from './summary.ts';

const COLUMNS = [
  'personnelId',
  'employeeId',
  'email',
  'isActive',
  'complianceStatus',
  'trainingStatus',
  'since',
  'seenAt',
] as const;

/** Writes the table into the two files that dashboards read. Their names are always the same. */
export const handler = step({
  name: 'ComplianceWriteFiles',
  client: () => ({ store: complianceStoreFromEnvironment(), files: fileStoreFromEnvironment() }),
  input: z.object({ walk: z.object({ status: z.literal('walked') }) }),
  run: async ({ store, files }) => {
    const summary = await writeCompliance(store, files, Date.now());
    return { status: summary.pending > 0 ? 'pending' : 'written', ...summary };
  },
});

/**
 * Writes everybody whom Drata lists, as JSON and CSV.
 *
 * @throws the errors of the store and of the files.
 */
async function writeCompliance(
  store: ComplianceStore,
  files: FileStore,
  now: number,
): Promise<ComplianceSummary> {
  const active: Record<string, number> = {};
  let people = 0;
  let pending = 0;
  for await (const row of listed(store, now)) {
    people += 1;
    if (isAskedAgain(row, now)) pending += 1;
    if (!row.isActive) continue;
    const status = row.complianceStatus ?? 'unknown';
    active[status] = (active[status] ?? 0) + 1;
  }
  const names = await writeRowFiles(files, 'compliance/personnel', COLUMNS, () => listed(store, now));
  return { people, active, pending, files: names };
}

async function* listed(store: ComplianceStore, now: number): AsyncIterable<ComplianceRow> {
  for await (const row of store.readAll()) if (isListed(row, now)) yield row;
}
