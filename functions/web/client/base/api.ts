import type { Session } from './session.ts';

/** An answer of the API that is no success, or none at all: then `status` is 0. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly fields: readonly { path: string; message: string }[];

  constructor(status: number, detail: string, fields: readonly { path: string; message: string }[] = []) {
    super(detail);
    this.status = status;
    this.fields = fields;
  }
}

/** The public API, as somebody's session may use it. */
export type Api = {
  /**
   * The answer to a GET. An answer that has not changed since is the same object.
   *
   * @throws ApiError
   */
  read<T>(path: string): Promise<T>;
  /** @throws ApiError */
  send<T>(method: 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<T>;
};

/** What is said where the API says nothing that a person understands. */
type Sayings = { noAnswer: string; noText: string; forbidden: string };

const MOST_KEPT = 200;

/**
 * @param onEnd is called once the API does not know the session any more.
 */
export function apiOf({ bearer }: Session, onEnd: () => void, say: Sayings): Api {
  const kept = new Map<string, { etag: string; data: unknown }>();

  const call = async (method: string, path: string, more: RequestInit): Promise<Response> => {
    const response = await fetch(path, {
      method,
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'error',
      ...more,
      headers: { authorization: `Bearer ${bearer}`, ...more.headers },
    }).catch(() => {
      throw new ApiError(0, say.noAnswer);
    });
    if (response.ok || response.status === 304) return response;
    if (response.status === 401) onEnd();
    throw await problemIn(response, say);
  };

  return {
    read: async <T>(path: string): Promise<T> => {
      const before = kept.get(path);
      const headers: Record<string, string> = before === undefined ? {} : { 'if-none-match': before.etag };
      const response = await call('GET', path, { headers });
      if (response.status === 304 && before !== undefined) {
        await response.body?.cancel();
        return before.data as T;
      }
      const data: T = await response.json();
      const etag = response.headers.get('etag');
      if (etag !== null) keep(kept, path, { etag, data });
      return data;
    },
    send: async <T>(method: string, path: string, body?: unknown): Promise<T> => {
      const sent =
        body === undefined
          ? {}
          : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
      const response = await call(method, path, sent);
      kept.clear();
      return response.json();
    },
  };
}

function keep<T>(kept: Map<string, T>, path: string, answer: T): void {
  kept.delete(path);
  kept.set(path, answer);
  const [oldest] = kept.keys();
  if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest);
}

async function problemIn(response: Response, say: Sayings): Promise<ApiError> {
  // API Gateway refuses it with one word.
  if (response.status === 403) return new ApiError(403, say.forbidden);
  const body: { detail?: unknown; message?: unknown; errors?: unknown } = await response
    .json()
    .catch(() => ({}));
  const detail = [body.detail, body.message].find((text) => typeof text === 'string');
  const fields = Array.isArray(body.errors) ? body.errors : [];
  return new ApiError(response.status, detail ?? say.noText, fields);
}
