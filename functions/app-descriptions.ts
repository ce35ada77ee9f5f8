import { drataApp } from './drata/app.ts';
import { driftApp } from './drift/app.ts';
import { driftwoodApp } from './driftwood/app.ts';
import { pipedriveApp } from './pipedrive/app.ts';
import { salesloftApp } from './salesloft/app.ts';
import { APPS, type App } from './shared/apps.ts';
import type { AppDescription } from './vendor/app-description.ts';
import { isUsed, type SurfaceDescription } from './vendor/surface.ts';

/** What each app is; see `AppDescription`. Whatever lists the apps reads it from here. */
export const APP_DESCRIPTIONS: Record<App, AppDescription> = {
  pipedrive: pipedriveApp,
  drata: drataApp,
  salesloft: salesloftApp,
  drift: driftApp,
  driftwood: driftwoodApp,
};

/** Every way into a vendor: each has a secret, and a variable that replaces its base URL. */
export const ALL_SURFACES: readonly SurfaceDescription[] = APPS.flatMap(
  (app) => APP_DESCRIPTIONS[app].surfaces,
);

/** The surfaces whose base URLs and secrets an app's steps need: those that are switched on. */
export function surfacesInUse(app: App, environment: NodeJS.ProcessEnv): readonly SurfaceDescription[] {
  return APP_DESCRIPTIONS[app].surfaces.filter((surface) => isUsed(surface, environment));
}

/** The apps that have a step for a phase. */
export function appsWith(phase: keyof AppDescription['phases']): App[] {
  return APPS.filter((app) => APP_DESCRIPTIONS[app].phases[phase] !== undefined);
}
