import type { AppDescription } from '../vendor/app-description.ts';
import type { SurfaceDescription } from '../vendor/surface.ts';

export const drataRestSurface = {
  vendor: 'drata',
  surface: 'rest',
  baseUrlVariable: 'DRATA_BASE_URL',
  defaultBaseUrl: 'https://public-api.drata.com/public',
  liveBaseUrl: 'https://public-api.drata.com/public/v2',
  contentType: 'application/json',
  limit: 'unknown',
} as const satisfies SurfaceDescription;

export const drataApp = {
  surfaces: [drataRestSurface],
  phases: {
    provision: ['DrataFindPersonnel', { found: 'DrataUpdatePersonnel', notFound: 'DrataCreatePersonnel' }],
    update: ['DrataFindPersonnel', 'DrataUpdatePersonnel'],
    shut: ['DrataFindPersonnel', 'DrataDeactivatePersonnel'],
    handOver: ['DrataReassignControls'],
    list: 'DrataListAccounts',
    diagnose: 'DrataDiagnose',
    graph: 'DrataReadGraph',
  },
} as const satisfies AppDescription;
