import { AsyncLocalStorage } from 'node:async_hooks';

// What servers, and the proxies before them, call it most.
const HEADERS = ['x-request-id', 'request-id', 'x-correlation-id', 'x-amzn-requestid', 'cf-ray'] as const;

// An id, and nothing that a server may have put in its place.
const IS_ID = /^[\w.:=+/-]{1,128}$/;

// For the same reasons as the priority.
const storage = new AsyncLocalStorage<{ last: string | null }>();

/** Runs something, within which the ids are noted that vendors give to requests. */
export function withRequestIds<T>(run: () => T): T {
  return storage.run({ last: null }, run);
}

/** Notes under which id the vendor can find a request again; an answer without one leaves the last. */
export function noteRequestId(headers: Headers): void {
  const noted = storage.getStore();
  const id = HEADERS.map((name) => headers.get(name)).find((value) => value !== null && IS_ID.test(value));
  if (noted !== undefined && id !== undefined && id !== null) noted.last = id;
}

/** The id of the last request whose answer had one; null where none had. */
export function lastRequestId(): string | null {
  return storage.getStore()?.last ?? null;
}
