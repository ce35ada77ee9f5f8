import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { OWNER_ONLY } from '../../functions/files/owner-only.ts';
import { APPS, type App } from '../../functions/shared/apps.ts';
import { parseJson } from '../../functions/shared/json.ts';
import type { VendorServers } from '../vendors/start-vendors.ts';
import type { VendorServer } from '../vendors/vendor-server.ts';
import { UsageError } from './usage-error.ts';

/**
 * Writes the state of each simulated vendor into a folder. The tables hold the vendors' ids, so a vendor that forgets
 * which ids it has given would give them a second time.
 */
export function keepVendors(vendors: Partial<VendorServers>, directory: string): void {
  for (const server of Object.values(vendors)) keepVendor(server, directory);
}

/** Keeps a simulated vendor from now on: what it answers to a request that may change something is on disk before. */
export function keepVendorAlways(server: VendorServer, directory: string): void {
  server.beforeAnswer(() => keepVendor(server, directory));
}

function keepVendor({ vendor, state }: Pick<VendorServer, 'vendor' | 'state'>, directory: string): void {
  const file = vendorFile(directory, vendor);
  // A crash leaves the old file or the new one.
  // The mode counts only for a file that is new.
  rmSync(`${file}.draft`, { force: true });
  writeFileSync(`${file}.draft`, JSON.stringify(state), { mode: OWNER_ONLY.file });
  renameSync(`${file}.draft`, file);
}

/**
 * The states that `keepVendors` has written, by app; none for an app that has no file.
 *
 * @throws UsageError when a file is damaged.
 */
export function readKeptVendors(directory: string): Map<App, object> {
  const files = APPS.map((app) => [app, vendorFile(directory, app)] as const);
  return new Map(files.filter(([, file]) => existsSync(file)).map(([app, file]) => [app, readKept(file)]));
}

function readKept(file: string): object {
  const kept = z.safeParse(z.record(z.string(), z.unknown()), parseJson(readFileSync(file, 'utf8')));
  if (kept.success) return kept.data;
  throw new UsageError(`--state: ${file} is damaged; delete the folder to begin anew.`);
}

function vendorFile(directory: string, app: App): string {
  return join(directory, `${app}.json`);
}
