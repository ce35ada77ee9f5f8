import { APP_DESCRIPTIONS } from '../../functions/app-descriptions.ts';
import { APPS, type App } from '../../functions/shared/apps.ts';
import { secretName } from '../../functions/vendor/surface.ts';
import type { Request, Shut, Vendors } from './messages.ts';

// The peer: nothing but the calls of the slowest app, one after the other, for as many leavers at once.

/** The requests of each app until the login of one leaver was shut there, who left alone. */
export function callsUntilShut(requests: readonly Request[], shut: readonly Shut[]): Map<App, Request[]> {
  return new Map(
    APPS.map((app) => {
      const at = shut.find((login) => login.app === app)?.at ?? 0;
      // What reads the write back arrives after its answer, which is after the login was shut.
      const until = requests.filter((request) => request.app === app && request.at <= at);
      // Driftwood CRM reads by POST.
      const lastWrite = until.findLastIndex(
        ({ method, path }) => method !== 'GET' && !path.endsWith('-list'),
      );
      return [app, until.slice(0, lastWrite + 1)];
    }),
  );
}

/** The app with the most calls. */
export function slowestOf(calls: ReadonlyMap<App, readonly Request[]>): App {
  return APPS.toSorted((a, b) => (calls.get(b)?.length ?? 0) - (calls.get(a)?.length ?? 0))[0] ?? APPS[0];
}

/**
 * Sends the same requests again, for each of so many leavers one after the other, and for all leavers at once. Returns
 * after how many milliseconds each had its last answer.
 *
 * @throws Error when the vendor refuses one.
 */
export function replay(calls: readonly Request[], leavers: number, vendors: Vendors): Promise<number[]> {
  const sends = calls.map((call) => sender(call, vendors));
  const startedAt = Date.now();
  const one = async (): Promise<number> => {
    for (const send of sends) await send();
    return Date.now() - startedAt;
  };
  return Promise.all(Array.from({ length: leavers }, one));
}

function sender({ app, surface, method, path, query, body }: Request, { baseUrls, secrets }: Vendors) {
  const description = APP_DESCRIPTIONS[app].surfaces.find((candidate) => candidate.surface === surface);
  if (description === undefined) throw new Error(`${app} has no surface ${surface}.`);
  const secret = secrets.find(([name]) => name === secretName(description))?.[1] ?? '{}';
  const { token } = JSON.parse(secret);
  const search = new URLSearchParams(query).toString();
  const url = `${baseUrls[description.baseUrlVariable]}${path}${search === '' ? '' : `?${search}`}`;
  const headers = {
    'content-type': description.contentType,
    // Each vendor reads the one that it knows.
    authorization: `Bearer ${token}`,
    'x-api-token': token,
  };
  return async (): Promise<void> => {
    const hasBody = body !== undefined;
    const answer = await fetch(url, { method, headers, ...(hasBody ? { body: JSON.stringify(body) } : {}) });
    await answer.arrayBuffer();
    // A read of what is not there, such as of the token's user, is answered as it was.
    const isNothing = method === 'GET' && answer.status === 404;
    if (!answer.ok && !isNothing) throw new Error(`${app} answered ${method} ${path} with ${answer.status}.`);
  };
}
