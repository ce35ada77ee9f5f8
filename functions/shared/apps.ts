/** The apps tenure knows, in the order in which reports list them. */
export const APPS = ['pipedrive', 'drata', 'salesloft', 'drift', 'driftwood'] as const;

export type App = (typeof APPS)[number];

/** How people write the app's name; for messages and follow-ups. */
export const APP_TITLES: Record<App, string> = {
  pipedrive: 'Pipedrive',
  drata: 'Drata',
  salesloft: 'SalesLoft',
  drift: 'Drift',
  driftwood: 'Driftwood CRM',
};

/** All apps in one phrase: "A, B and C". */
export function allAppsInWords(): string {
  return new Intl.ListFormat('en-GB').format(APPS.map((app) => APP_TITLES[app]));
}

/** One value for each app. */
export function forEveryApp<T>(compute: (app: App) => T): Record<App, T> {
  return Object.fromEntries(APPS.map((app) => [app, compute(app)])) as Record<App, T>;
}
