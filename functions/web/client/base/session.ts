import type { PageConfig } from '../../page-config.ts';

/** What somebody may do, by the scopes of functions/web/page-config.ts. */
export type Right = 'read' | 'run' | 'approve' | 'admin';

/** How the page proves who it is. */
export type Session = {
  /** What goes into the header `Authorization`. */
  bearer: string;
  rights: readonly Right[];
  /** Who is signed in, as the token names them; null where a key names nobody. */
  who: string | null;
};

export const ALL_RIGHTS: readonly Right[] = ['read', 'run', 'approve', 'admin'];

export type ShellConfig = PageConfig & { machines: string };

const KEY_NAME = 'tenure-key';

/**
 * The session of a laptop: the key with which the address was opened, `#key=…`. The address loses it at once; the tab
 * keeps it, so that loading it again needs no new one. Null where there is none.
 */
export function keySession(): Session | null {
  const given = location.hash.match(/^#key=([\w-]+)/)?.[1];
  if (given !== undefined) {
    sessionStorage.setItem(KEY_NAME, given);
    history.replaceState(null, '', '/#/');
  }
  const key = given ?? sessionStorage.getItem(KEY_NAME);
  return key === null ? null : { bearer: key, rights: ALL_RIGHTS, who: null };
}

/** Keeps a key that somebody has typed. */
export function keepKey(key: string): void {
  sessionStorage.setItem(KEY_NAME, key);
}

export function forgetKey(): void {
  sessionStorage.removeItem(KEY_NAME);
}
