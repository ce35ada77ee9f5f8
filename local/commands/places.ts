import { join, relative, resolve } from 'node:path';
import { surfacesInUse } from '../../functions/app-descriptions.ts';
import { APP_TITLES, type App } from '../../functions/shared/apps.ts';
import { baseUrlFromEnvironment } from '../../functions/vendor/surface.ts';
import { DEFAULT_FOLDER } from '../runtime/folders.ts';

type Places = { files?: string | undefined; state?: string | undefined };

/** The first line of a command that has nothing to do with apps or with what is kept. */
export const NO_APP_LINE = 'No app is called, and no state is kept.';

/** The first lines of a command: which apps are real and which are not, and where everything is. */
export function placeLines(
  places: Places,
  { real, all, environment }: { real: readonly App[]; all: readonly App[]; environment: NodeJS.ProcessEnv },
): string[] {
  const surfaces = (app: App) =>
    surfacesInUse(app, environment).map((surface) => baseUrlFromEnvironment(surface, environment));
  const realOnes = real.map((app) => `${APP_TITLES[app]} (${surfaces(app).join(', ')})`);
  const simulated = all.filter((app) => !real.includes(app)).map((app) => APP_TITLES[app]);
  return [
    `Real: ${realOnes.join(', ') || 'no app'}. Simulated: ${simulated.join(', ') || 'no app'}.`,
    `State: ${places.state ?? 'in memory, and gone at the end'}. Files: ${shownPath(filesFolder(places))}`,
  ];
}

/** Where files are: `--files`, else the folder `files` of `--state`, else the usual one. */
export function filesFolder({ files, state }: Places): string {
  return resolve(files ?? (state === undefined ? DEFAULT_FOLDER : join(state, 'files')));
}

/** A path as it is shortest from here. */
export function shownPath(path: string): string {
  const near = relative('.', path);
  return near === '' || near.startsWith('..') ? path : near;
}
