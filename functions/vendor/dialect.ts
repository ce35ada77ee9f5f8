import * as z from 'zod/mini';
// Gives zod its messages.
import '../shared/issues.ts';
import type { App } from '../shared/apps.ts';
import { InvalidInputError } from '../shared/errors.ts';

/**
 * The two forms of an app's API: as its guide describes it, and as the vendor answers today. What differs is the calls
 * and their parsers together; docs/guide/live-apis.md lists it.
 */
export const Dialect = z.enum(['guide', 'live']);
export type Dialect = z.infer<typeof Dialect>;

/** What of a surface tells its dialect. */
type Addresses = {
  vendor: App;
  baseUrlVariable: string;
  defaultBaseUrl: string;
  liveBaseUrl?: string;
};

/** The environment variable that sets an app's dialect. */
export function dialectVariable(app: App): string {
  return `${app.toUpperCase()}_DIALECT`;
}

/**
 * The dialect that is spoken on a surface: the one that is set, or else the one whose form the base URL has, or else,
 * at the vendor's own host, the live one. A server on this machine, and one whose URL has no path, speaks as the guide
 * unless its form is the live one's.
 *
 * @param given a base URL that replaces that of the environment.
 * @throws InvalidInputError when the setting names no dialect, or the base URL fits neither.
 */
export function dialectOf(
  surface: Addresses,
  given?: string,
  environment: NodeJS.ProcessEnv = process.env,
): Dialect {
  const { liveBaseUrl, vendor, defaultBaseUrl, baseUrlVariable } = surface;
  const set = environment[dialectVariable(vendor)] || undefined;
  if (set !== undefined) return parseDialect(vendor, set);
  if (liveBaseUrl === undefined) return 'guide';
  const url = given ?? environment[baseUrlVariable];
  if (url === undefined) return 'live';
  const [path, guidePath, livePath] = [url, defaultBaseUrl, liveBaseUrl].map(pathOf);
  if (path === undefined || guidePath === undefined || livePath === undefined) return 'guide';
  const isLonger = livePath.length > guidePath.length || !path.endsWith(guidePath);
  if (livePath !== guidePath && isLonger && path.endsWith(livePath)) return 'live';
  if (path.endsWith(guidePath) || path === '' || isOnThisMachine(url)) return 'guide';
  throw new InvalidInputError(
    `${baseUrlVariable} ends neither in ${guidePath}, as the guide's API does, nor in ${livePath}, as the live one. Correct it, or set ${dialectVariable(vendor)} to guide or live.`,
  );
}

/**
 * Checks that the base URL of another surface of the app has not the form of the other dialect.
 *
 * @param given a base URL that replaces that of the environment.
 * @throws InvalidInputError that names both settings.
 */
export function assertSpeaks(
  dialect: Dialect,
  surface: Addresses,
  given?: string,
  environment: NodeJS.ProcessEnv = process.env,
): void {
  const { vendor, baseUrlVariable, defaultBaseUrl, liveBaseUrl = defaultBaseUrl } = surface;
  const url = given ?? environment[baseUrlVariable];
  const [path, guidePath, livePath] = [url ?? '', defaultBaseUrl, liveBaseUrl].map(pathOf);
  if (!path || !guidePath || !livePath || guidePath === livePath) return;
  const form = [guidePath, livePath]
    .sort((one, other) => other.length - one.length)
    .find((end) => path.endsWith(end));
  const wanted = dialect === 'live' ? livePath : guidePath;
  if (form === undefined || form === wanted) return;
  throw new InvalidInputError(
    `${baseUrlVariable} ends in ${form}, and ${dialectVariable(vendor)} is ${dialect}, whose URL ends in ${wanted}. Correct one of them.`,
  );
}

/** A base URL in the form of a dialect, from one that may have the form of the other; otherwise as it is. */
export function urlInDialect(
  { defaultBaseUrl, liveBaseUrl = defaultBaseUrl }: Pick<Addresses, 'defaultBaseUrl' | 'liveBaseUrl'>,
  baseUrl: string,
  dialect: Dialect,
): string {
  const url = baseUrl.replace(/\/+$/, '');
  const paths = [defaultBaseUrl, liveBaseUrl].flatMap((known) => pathOf(known) ?? []);
  const wanted = pathOf(dialect === 'live' ? liveBaseUrl : defaultBaseUrl) ?? '';
  // The longer one first, because it may end in the other.
  const path = paths.toSorted((one, other) => other.length - one.length).find((end) => url.endsWith(end));
  return path === undefined || path === '' ? url : `${url.slice(0, -path.length)}${wanted}`;
}

/** What to do about an answer that has the form of the dialect that is not spoken. */
export function otherDialectAdvice(app: App): string {
  return `Set ${dialectVariable(app)}, or dialects in cdk.json, to the other of guide and live, or correct the base URL.`;
}

function parseDialect(app: App, text: string): Dialect {
  const dialect = z.safeParse(Dialect, text);
  if (dialect.success) return dialect.data;
  throw new InvalidInputError(`${dialectVariable(app)} ${dialect.error.issues[0]?.message}`);
}

function pathOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).pathname.replace(/\/+$/, '') : undefined;
}

function isOnThisMachine(url: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(url).hostname);
}
