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
