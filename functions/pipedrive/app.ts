import type { AppDescription } from '../vendor/app-description.ts';
import type { SurfaceDescription } from '../vendor/surface.ts';
import { liveLimit } from './live/limit.ts';

// https://pipedrive.readme.io/docs/core-api-concepts-rate-limiting
const limit = { capacity: 80, windowMs: 2_000, perDay: 80_000 };

export const pipedriveRestSurface = {
  vendor: 'pipedrive',
  surface: 'rest',
  baseUrlVariable: 'PIPEDRIVE_BASE_URL',
  defaultBaseUrl: 'https://api.pipedrive.com/v1',
  // Users and roles are on v1 there too; see live/base-urls.ts.
  liveBaseUrl: 'https://api.pipedrive.com/api/v2',
  contentType: 'application/json',
  // https://pipedrive.readme.io/docs/marketplace-oauth-authorization
  oauth: {
    authorizeUrl: 'https://oauth.pipedrive.com/oauth/authorize',
    tokenUrl: 'https://oauth.pipedrive.com/oauth/token',
    clientAuthentication: 'http basic',
  },
  limit,
  liveLimit,
  // See live/limit.ts.
  planVariables: ['PIPEDRIVE_PLAN', 'PIPEDRIVE_SEATS'],
} as const satisfies SurfaceDescription;

/** Writes accounts when `PIPEDRIVE_MODE` is `scim`. Neither surface accepts the token of the other. */
export const pipedriveScimSurface = {
  vendor: 'pipedrive',
  surface: 'scim',
  baseUrlVariable: 'PIPEDRIVE_SCIM_BASE_URL',
  defaultBaseUrl: 'https://api.pipedrive.com/scim/v2',
  contentType: 'application/scim+json',
  limit,
  usedWith: { variable: 'PIPEDRIVE_MODE', value: 'scim' },
} as const satisfies SurfaceDescription;

export const pipedriveApp = {
  surfaces: [pipedriveRestSurface, pipedriveScimSurface],
  phases: {
    provision: [
      'PipedriveFindUser',
      { found: 'PipedriveReactivateUser', notFound: 'PipedriveCreateUser' },
      'PipedriveAssignRole',
    ],
    update: ['PipedriveFindUser', 'PipedriveUpdateUser'],
    shut: ['PipedriveFindUser', 'PipedriveDeactivateUser'],
    checkNewOwner: 'PipedriveCheckNewOwner',
    handOver: ['PipedriveReassignDeals', 'PipedriveReassignActivities', 'PipedriveReassignContacts'],
    list: 'PipedriveListAccounts',
    diagnose: 'PipedriveDiagnose',
    graph: 'PipedriveReadGraph',
  },
} as const satisfies AppDescription;
