import { APPS, type App } from '../../functions/shared/apps.ts';
import { startDrata } from './drata.ts';
import { startDrift } from './drift.ts';
import { startDriftwood } from './driftwood.ts';
import { startPipedrive } from './pipedrive.ts';
import { startSalesloft } from './salesloft.ts';
import type { VendorServer } from './vendor-server.ts';

const START = {
  pipedrive: startPipedrive,
  drata: startDrata,
  salesloft: startSalesloft,
  drift: startDrift,
  driftwood: startDriftwood,
} satisfies Record<App, (now?: () => number) => Promise<VendorServer>>;

/** The vendor servers that stand in for the apps. */
export type VendorServers = { [Name in App]: Awaited<ReturnType<(typeof START)[Name]>> };

/** Starts the vendor servers of the given apps, each on a free loopback port. */
export async function startVendors(
  apps: readonly App[] = APPS,
  now?: () => number,
): Promise<Partial<VendorServers>> {
  const servers = await Promise.all(apps.map(async (app) => [app, await START[app](now)] as const));
  return Object.fromEntries(servers);
}

/**
 * The servers of all apps.
 *
 * @throws Error when one of them is not simulated.
 */
export function allSimulated(vendors: Partial<VendorServers>): VendorServers {
  if (isComplete(vendors)) return vendors;
  const missing = APPS.filter((app) => vendors[app] === undefined);
  throw new Error(`Not simulated, as it has to be: ${missing.join(', ')}.`);
}

function isComplete(vendors: Partial<VendorServers>): vendors is VendorServers {
  return APPS.every((app) => vendors[app] !== undefined);
}
