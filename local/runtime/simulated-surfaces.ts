import { APP_DESCRIPTIONS } from '../../functions/app-descriptions.ts';
import { readLimitSetting } from '../../functions/rate-limit/limiter.ts';
import type { App } from '../../functions/shared/apps.ts';
import { type Dialect, dialectVariable } from '../../functions/vendor/dialect.ts';
import { limitVariable, type SurfaceDescription, secretName } from '../../functions/vendor/surface.ts';
import type { VendorServers } from '../vendors/start-vendors.ts';

/** A surface of a simulated vendor: where it is, and the token that it takes. */
type SimulatedSurface = { surface: SurfaceDescription; baseUrl: string; credential: object };

function simulatedSurfaces(vendors: Partial<VendorServers>, dialect: Dialect = 'guide'): SimulatedSurface[] {
  return Object.values(vendors).flatMap(({ vendor, baseUrls, liveBaseUrls, liveCredential, tokens }) =>
    APP_DESCRIPTIONS[vendor].surfaces.map((surface) => ({
      surface,
      baseUrl: (dialect === 'live' ? liveBaseUrls : baseUrls)[surface.surface] ?? '',
      credential: (dialect === 'live' ? liveCredential() : null) ?? { token: tokens[surface.surface] },
    })),
  );
}

/** The base URLs of the simulated vendors and the dialect that they speak, by environment variable. */
export function simulatedBaseUrls(vendors: Partial<VendorServers>, dialect: Dialect): Record<string, string> {
  const addresses = simulatedSurfaces(vendors, dialect).flatMap(({ surface, baseUrl }) => [
    [surface.baseUrlVariable, baseUrl],
    [dialectVariable(surface.vendor), isLive(surface.vendor, dialect) ? 'live' : 'guide'],
  ]);
  const settings = Object.values(vendors).map(({ liveSettings }) => (dialect === 'live' ? liveSettings : {}));
  return Object.assign(Object.fromEntries(addresses), ...settings);
}

/** One of an app's surfaces may have the same form in both dialects. */
function isLive(app: App, dialect: Dialect): boolean {
  const surfaces: readonly SurfaceDescription[] = APP_DESCRIPTIONS[app].surfaces;
  return dialect === 'live' && surfaces.some(({ liveBaseUrl }) => liveBaseUrl !== undefined);
}

/** The secrets of the simulated vendors: name and text. */
export function simulatedSecrets(vendors: Partial<VendorServers>, dialect: Dialect): [string, string][] {
  return simulatedSurfaces(vendors, dialect).map(({ surface, credential }) => [
    secretName(surface),
    JSON.stringify(credential),
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
