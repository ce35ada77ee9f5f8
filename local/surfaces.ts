import { drataRest } from '../functions/drata/client.ts';
import { driftRest, driftScim } from '../functions/drift/client.ts';
import { driftwoodRest } from '../functions/driftwood/client.ts';
import { pipedriveRest } from '../functions/pipedrive/client.ts';
import { salesloftRest, salesloftScim } from '../functions/salesloft/client.ts';
import type { App } from '../functions/shared/apps.ts';
import type { Surface } from '../functions/shared/http.ts';

/** The surfaces whose base URLs and secrets an app's steps need. */
export const SURFACES: Record<App, readonly Surface[]> = {
  pipedrive: [pipedriveRest],
  drata: [drataRest],
  salesloft: [salesloftRest, salesloftScim],
  drift: [driftRest, driftScim],
  driftwood: [driftwoodRest],
};
