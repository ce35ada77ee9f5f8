import type { AppDescription } from '../vendor/app-description.ts';
import type { SurfaceDescription } from '../vendor/surface.ts';

// https://developers.salesloft.com/docs/platform/api-basics/cost-based-rate-limiting/
const limit = { capacity: 600, windowMs: 60_000 };

/** Reads users, and cannot write them. */
export const salesloftRestSurface = {
  vendor: 'salesloft',
  surface: 'rest',
  baseUrlVariable: 'SALESLOFT_BASE_URL',
  defaultBaseUrl: 'https://api.salesloft.com/v2',
  liveBaseUrl: 'https://api.salesloft.com/v2',
  contentType: 'application/json',
  // https://developers.salesloft.com/docs/platform/api-basics/oauth-authentication/
  oauth: {
    authorizeUrl: 'https://accounts.salesloft.com/oauth/authorize',
    tokenUrl: 'https://accounts.salesloft.com/oauth/token',
    clientAuthentication: 'request body',
  },
  limit,
} as const satisfies SurfaceDescription;

/** Writes users. A user has the same id on both surfaces. */
export const salesloftScimSurface = {
  vendor: 'salesloft',
  surface: 'scim',
  baseUrlVariable: 'SALESLOFT_SCIM_BASE_URL',
  defaultBaseUrl: 'https://api.salesloft.com/scim/v2',
  liveBaseUrl: 'https://api.salesloft.com/scim/v2',
  contentType: 'application/scim+json',
  limit,
} as const satisfies SurfaceDescription;

export const salesloftApp = {
  surfaces: [salesloftRestSurface, salesloftScimSurface],
  keepsMoreFacts: true,
  phases: {
    provision: [
      'SalesloftFindUser',
      { found: 'SalesloftReactivateUser', notFound: 'SalesloftProvisionUser' },
    ],
    update: ['SalesloftFindUser', 'SalesloftUpdateUser'],
    shut: ['SalesloftFindUser', 'SalesloftDeactivateUser'],
    list: 'SalesloftListAccounts',
    diagnose: 'SalesloftDiagnose',
    graph: 'SalesloftReadGraph',
  },
} as const satisfies AppDescription;
