import type { AppDescription } from '../vendor/app-description.ts';
import type { SurfaceDescription } from '../vendor/surface.ts';

const limit = { capacity: 200, windowMs: 60_000 };

/** Contacts, and agents to read. Agents are written over SCIM only. */
export const driftRestSurface = {
  vendor: 'drift',
  surface: 'rest',
  baseUrlVariable: 'DRIFT_BASE_URL',
  defaultBaseUrl: 'https://driftapi.com',
  liveBaseUrl: 'https://driftapi.com',
  contentType: 'application/json',
  // https://devdocs.drift.com/docs/authentication-and-scopes
  oauth: {
    authorizeUrl: 'https://dev.drift.com/authorize',
    tokenUrl: 'https://driftapi.com/oauth2/token',
    clientAuthentication: 'request body',
  },
  limit,
} as const satisfies SurfaceDescription;

/** The agents' life cycle. Its token does not open the REST surface, nor the reverse. */
export const driftScimSurface = {
  vendor: 'drift',
  surface: 'scim',
  baseUrlVariable: 'DRIFT_SCIM_BASE_URL',
  defaultBaseUrl: 'https://driftapi.com/scim/v2',
  liveBaseUrl: 'https://driftapi.com/scim',
  contentType: 'application/scim+json',
  limit,
} as const satisfies SurfaceDescription;

export const driftApp = {
  surfaces: [driftRestSurface, driftScimSurface],
  keepsMoreFacts: true,
  phases: {
    provision: ['DriftFindAgent', 'DriftProvisionAgent'],
    update: ['DriftFindAgent', 'DriftUpdateAgent'],
    shut: ['DriftFindAgent', 'DriftDeactivateAgent'],
    checkNewOwner: 'DriftCheckNewOwner',
    handOver: ['DriftReassignContacts'],
    list: 'DriftListAccounts',
    diagnose: 'DriftDiagnose',
  },
} as const satisfies AppDescription;
