import { join } from 'node:path';
import * as z from 'zod/mini';
import { APPS, type App } from '../../functions/shared/apps.ts';
import type { VendorServers } from '../vendors/start-vendors.ts';
import type { VendorServer } from '../vendors/vendor-server.ts';
import { keepFile, readKeptFile } from './kept-file.ts';

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
  keepFile(vendorFile(directory, vendor), state);
}

/**
 * The states that `keepVendors` has written, by app; none for an app that has no file.
 *
 * @throws UsageError when a file is damaged.
 */
export function readKeptVendors(directory: string): Map<App, object> {
  const states = APPS.map((app) => [app, readKept(vendorFile(directory, app))] as const);
  return new Map(states.flatMap(([app, state]) => (state === null ? [] : [[app, state] as const])));
}

function readKept(file: string): object | null {
  return readKeptFile(file, z.record(z.string(), z.unknown()), 'delete the folder to begin anew');
}

function vendorFile(directory: string, app: App): string {
  return join(directory, `${app}.json`);
}
