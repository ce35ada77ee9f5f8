import * as z from 'zod/mini';
import { SourceRefusedError, SourceUnavailableError } from '../shared/errors.ts';
import type { HrSource } from '../shared/hr-sources.ts';
import { parseJson } from '../shared/json.ts';
import { readText } from '../shared/read-text.ts';
import { realSleep, type Sleep } from '../shared/sleep.ts';

export type SourceRequest<T> = {
  /** For messages. */
  operation: string;
  path: string;
  /** Sent as JSON with POST; GET without it. */
  body?: object;
  answer: z.ZodMiniType<T>;
};

/** Talks to one HR system. Null is the answer to what does not exist. */
export type SourceHttp = <T>(request: SourceRequest<T>) => Promise<T | null>;

const TIMEOUT_MS = 20_000;
const RETRY_DELAYS_MS = [1_000, 4_000];
const LONGEST_WAIT_MS = 30_000;

/**
 * @param options.authorization the header, read anew for each request.
 * @throws SourceUnavailableError, SourceRefusedError, when the returned function is called.
 */
export function sourceHttp(options: {
  source: HrSource;
  baseUrl: () => Promise<string>;
  authorization: () => Promise<string>;
  sleep?: Sleep;
  /** Sends a request; over the network unless given. */
  fetch?: (url: string, init: RequestInit) => Promise<Response>;
}): SourceHttp {
  const { source, baseUrl, authorization, sleep = realSleep, fetch = globalThis.fetch } = options;

  const send = async ({ operation, path, body }: Omit<SourceRequest<unknown>, 'answer'>) => {
    const url = `${(await baseUrl()).replace(/\/$/, '')}${path}`;
    const headers = { authorization: await authorization(), accept: 'application/json' };
    const init: RequestInit =
      body === undefined
        ? { headers }
        : {
            method: 'POST',
            headers: { ...headers, 'content-type': 'application/json' },
            body: JSON.stringify(body),
          };
    try {
      // A redirect would take the credentials elsewhere.
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      const response = await fetch(url, { ...init, redirect: 'manual', signal });
      return { response, text: await readText(response) };
    } catch {
      throw new SourceUnavailableError(source, operation, 'gave no answer');
    }
  };

  const attempt = async <T>(
    request: SourceRequest<T>,
  ): Promise<{ value: T | null } | { waitMs: number | null }> => {
    const { operation, answer } = request;
    const { response, text } = await send(request);
    const { status } = response;
    if (status === 404) return { value: null };
    if (status === 429 || status >= 500) return { waitMs: retryAfterMs(response) };
    if (status < 200 || status >= 300)
      throw new SourceRefusedError(source, operation, `answered HTTP ${status}`);
    const parsed = z.safeParse(answer, parseJson(text));
    if (!parsed.success)
      throw new SourceRefusedError(source, operation, 'answered in another form than documented');
    return { value: parsed.data };
  };

  return async (request) => {
    for (const delayMs of [...RETRY_DELAYS_MS, null]) {
      const tried = await attempt(request).catch((error: unknown) => {
        if (error instanceof SourceUnavailableError && delayMs !== null) return { waitMs: null };
        throw error;
      });
      if ('value' in tried) return tried.value;
      const waitMs = tried.waitMs ?? delayMs ?? 0;
      if (delayMs === null || waitMs > LONGEST_WAIT_MS) break;
      await sleep(waitMs);
    }
    throw new SourceUnavailableError(source, request.operation, 'is too busy or down');
  };
}

function retryAfterMs({ headers }: Response): number | null {
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) ? seconds * 1000 : null;
}

/** The value of an `Authorization` header: https://www.rfc-editor.org/rfc/rfc7617 */
export function basicAuthorization(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}
