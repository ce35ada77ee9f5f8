import { APPS, type App } from '../../../shared/apps.ts';

/** The app of a step or state, by how its name begins; undefined where it belongs to none. */
export function appOfStep(name: string): App | undefined {
  const fitting = APPS.filter((app) => name.toLowerCase().startsWith(app));
  // The longest that fits, because Driftwood begins with Drift.
  return fitting.sort((a, b) => b.length - a.length)[0];
}

/** A name such as `PipedriveFindUser` as words, without the app: `Find user`. */
export function wordsOf(name: string): string {
  const own = name.slice(appOfStep(name)?.length ?? 0).replace(/^Workflow(?=[A-Z])/, '');
  const words = own.replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
