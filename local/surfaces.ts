import { drataRest } from '../functions/drata/client.ts';
import { driftRest, driftScim } from '../functions/drift/client.ts';
import { driftwoodRest } from '../functions/driftwood/client.ts';
import { pipedriveRest, pipedriveScim } from '../functions/pipedrive/client.ts';
import { salesloftRest, salesloftScim } from '../functions/salesloft/client.ts';
import type { App } from '../functions/shared/apps.ts';
import type { Surface } from '../functions/shared/http.ts';

/** The surfaces of every app. */
export const SURFACES: Record<App, readonly Surface[]> = {
  pipedrive: [pipedriveRest, pipedriveScim],
  drata: [drataRest],
  salesloft: [salesloftRest, salesloftScim],
  drift: [driftRest, driftScim],
  driftwood: [driftwoodRest],
};

/** The surfaces whose base URLs and secrets an app's steps need: Pipedrive's SCIM only where it is switched on. */
export function surfacesInUse(app: App, environment: NodeJS.ProcessEnv): readonly Surface[] {
  return SURFACES[app].filter(
    (surface) => surface !== pipedriveScim || environment.PIPEDRIVE_MODE === 'scim',
  );
}
