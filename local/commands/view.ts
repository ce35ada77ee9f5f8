import { APP_TITLES, type App } from '../../functions/shared/apps.ts';
import { shortId } from './table.ts';

/** How a command shows what it has found. */
export type View = {
  /** The apps that are no simulation. */
  realApps: readonly App[];
  /** Whether ids are shown whole. */
  isWide: boolean;
};

/** An app's title in a row; one that is only simulated is marked. */
export function appName(app: App, { realApps }: View): string {
  return realApps.includes(app) ? APP_TITLES[app] : `${APP_TITLES[app]} (simulated)`;
}

/** An account's id in a row, which is shortened unless somebody wants it whole. */
export function accountId(id: string | null, { isWide }: View): string {
  if (id === null) return '-';
  return isWide ? id : shortId(id);
}
