import { APP_DESCRIPTIONS } from '../../functions/app-descriptions.ts';
import { readLimitSetting } from '../../functions/rate-limit/limiter.ts';
import { limitVariable, type SurfaceDescription, secretName } from '../../functions/vendor/surface.ts';
import type { VendorServers } from '../vendors/start-vendors.ts';

/** A surface of a simulated vendor: where it is, and the token that it takes. */
type SimulatedSurface = { surface: SurfaceDescription; baseUrl: string; token: string | undefined };

function simulatedSurfaces(vendors: Partial<VendorServers>): SimulatedSurface[] {
  return Object.values(vendors).flatMap(({ vendor, baseUrls, tokens }) =>
    APP_DESCRIPTIONS[vendor].surfaces.map((surface) => ({
      surface,
      baseUrl: baseUrls[surface.surface] ?? '',
      token: tokens[surface.surface],
    })),
  );
}

/** The base URLs of the simulated vendors, by environment variable. */
export function simulatedBaseUrls(vendors: Partial<VendorServers>): Record<string, string> {
  return Object.fromEntries(
    simulatedSurfaces(vendors).map(({ surface, baseUrl }) => [surface.baseUrlVariable, baseUrl]),
  );
}

/** The secrets of the simulated vendors: name and text. */
export function simulatedSecrets(vendors: Partial<VendorServers>): [string, string][] {
  return simulatedSurfaces(vendors).map(({ surface, token }) => [
    secretName(surface),
    JSON.stringify({ token }),
  ]);
}

/**
 * Gives each simulated vendor the rate limit that the environment sets for it: whoever sets another limit has another
 * plan with the vendor.
 */
export function allowSetLimits(vendors: Partial<VendorServers>): void {
  for (const server of Object.values(vendors))
    for (const surface of APP_DESCRIPTIONS[server.vendor].surfaces) {
      const limit = readLimitSetting(limitVariable(surface));
      if (limit !== undefined && limit !== 'unknown') server.allow(surface.surface, limit);
    }
}
