import type { AppDescription } from '../vendor/app-description.ts';
import type { SurfaceDescription } from '../vendor/surface.ts';

export const driftwoodRestSurface = {
  vendor: 'driftwood',
  surface: 'rest',
  baseUrlVariable: 'DRIFTWOOD_BASE_URL',
  defaultBaseUrl: 'https://api.driftwoodapp.com/api',
  // The calls are the same; user tokens live for 15 minutes there, so the secret holds what renews them.
  liveBaseUrl: 'https://api.driftwoodapp.com/api',
  contentType: 'application/json',
  renewsTokens: true,
  limit: 'unknown',
} as const satisfies SurfaceDescription;

export const driftwoodApp = {
  surfaces: [driftwoodRestSurface],
  retrySparingly: ['DriftwoodRequestPasswordReset'],
  phases: {
    provision: [
      'DriftwoodFindUser',
      { found: 'DriftwoodActivateUser', notFound: 'DriftwoodInviteUser' },
      // Not needed unless asked for; a Choice around it would be two state transitions instead of one.
      'DriftwoodRequestPasswordReset',
    ],
    // No call changes a user's name or address, so this step only says what a person has to change.
    update: ['DriftwoodFindUser', 'DriftwoodUpdateUser'],
    shut: ['DriftwoodFindUser', 'DriftwoodDeactivateUser'],
    list: 'DriftwoodListAccounts',
    diagnose: 'DriftwoodDiagnose',
  },
} as const satisfies AppDescription;
