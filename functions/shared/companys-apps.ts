import * as z from 'zod/mini';
import { APPS, type App } from './apps.ts';

/** The variable that names the apps that a company has, separated by commas; all of them where it is empty. */
export const APPS_VARIABLE = 'TENURE_APPS';

/** Apps as a person names them: separated by commas, in any order, none twice; all where there is none. */
export const AppList = z.pipe(
  z.pipe(
    z.string(),
    z.transform((text: string) => text.split(',').flatMap((word) => word.trim() || [])),
  ),
  z.pipe(
    z.array(z.enum(APPS, { error: `must name apps of ${APPS.join(', ')}, separated by commas` })),
    z.transform((apps): App[] => APPS.filter((app) => apps.length === 0 || apps.includes(app))),
  ),
);

/**
 * The apps that the company has, in the order of `APPS`.
 *
 * @throws Error that names the variable when it names an app that tenure does not know.
 */
export function appsFromEnvironment(environment: NodeJS.ProcessEnv = process.env): readonly App[] {
  const apps = z.safeParse(AppList, environment[APPS_VARIABLE] ?? '');
  if (apps.success) return apps.data;
  throw new Error(`${APPS_VARIABLE}: ${apps.error.issues[0]?.message}`);
}

/**
 * The apps that a company has on a laptop: those that the variable names; without it those that are real, once one is,
 * because a simulated app beside them would only seem to be done; all where none is.
 *
 * @param realApps the apps whose base URL is given.
 * @throws Error as `appsFromEnvironment` does.
 */
export function companysApps(environment: NodeJS.ProcessEnv, realApps: readonly App[]): readonly App[] {
  const isNamed = /[^\s,]/.test(environment[APPS_VARIABLE] ?? '');
  return isNamed || realApps.length === 0 ? appsFromEnvironment(environment) : realApps;
}

/** An app that the company has. The environment is read when it is parsed. */
export const CompanysApp = z.enum(APPS).check(
  z.refine((app) => appsFromEnvironment().includes(app), {
    error: () =>
      `must be an app that the company has (${APPS_VARIABLE}): ${appsFromEnvironment().join(', ')}`,
  }),
);
