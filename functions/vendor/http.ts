import * as z from 'zod/mini';
import { type CredentialSource, secretCredential, type Token } from '../credentials/secrets.ts';
import { type Limiter, limiterFromEnvironment } from '../rate-limit/limiter.ts';
import { nextDayMs, requestedWaitMs } from '../rate-limit/rate-limit.ts';
import { untilNextDayMs } from '../rate-limit/slots.ts';
import {
  VendorAuthError,
  type VendorCall,
  VendorDailyLimitError,
  VendorRateLimitedError,
  VendorRejectedError,
  VendorResponseError,
  VendorUnavailableError,
} from '../shared/errors.ts';
import { parseJson } from '../shared/json.ts';
import { logger } from '../shared/logger.ts';
import { currentPlanning, PlannedWriteError } from '../shared/planning.ts';
import { currentPriority } from '../shared/priority.ts';
import { AnswerTooLongError, readText } from '../shared/read-text.ts';
import { noteRequestId } from '../shared/request-id.ts';
import { realSleep, type Sleep } from '../shared/sleep.ts';
import { type Dialect, otherDialectAdvice } from './dialect.ts';
import { leavingOut } from './enriching.ts';
import { patiently } from './patiently.ts';
import {
  type Answer,
  baseUrlFromEnvironment,
  counterKey,
  type Failure,
  limitVariable,
  type Surface,
  secretName,
} from './surface.ts';

export type Call<T> = {
  /** The client's method, for messages. */
  operation: string;
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below the base URL, with a leading slash. It appears in errors and logs, so it holds ids and no address. */
  path: string;
  /** What errors and logs show instead of a path that holds an address. */
  shownPath?: string;
  query?: Record<string, string | number | boolean | readonly string[]>;
  body?: unknown;
  /** The form of a successful answer; an empty body is `undefined`. */
  answer: z.ZodMiniType<T>;
  /** Whether a call changes nothing though its method says otherwise. */
  onlyReads?: boolean;
  /** Whether what it is about has to be there, such as what the vendor has just shown: then the first 404 is not believed. */
  isThere?: boolean;
  /** How much of the vendor's limit the call uses; 1 unless given. */
  cost?: number;
  /** How much of the vendor's budget of a day it uses; as much as `cost` unless given. */
  dailyCost?: number;
};

export type VendorHttp = {
  /**
   * Waits until the vendor's limit has room, sends one request and returns the parsed answer. A request that the
   * vendor refuses for a limit is sent again after the wait, as long as the step has time; one that misses what
   * `isThere`, after some seconds.
   *
   * @throws VendorRateLimitedError, VendorDailyLimitError, VendorUnavailableError, VendorAuthError,
   *   VendorRejectedError, VendorResponseError. Without sending anything: LimiterUnavailableError when the limit cannot
   *   be kept, and SecretUnreadableError when there is no token.
   */
  request<T>(call: Call<T>): Promise<T>;
  /** As `request`, and the address of the next page where a `Link` header gives one; null where none does. */
  requestPage<T>(call: Call<T>): Promise<{ answer: T; next: URL | null }>;
  /** As `request`, and null for a 404 or a 410. */
  requestIfExists<T>(call: Call<T>): Promise<T | null>;
};

export type HttpOptions = {
  baseUrl?: string;
  credential?: CredentialSource;
  fetch?: typeof fetch;
  /** How long one request may take, in milliseconds. */
  timeoutMs?: number;
  /** The current time in epoch milliseconds. */
  now?: () => number;
  /** Keeps the calls within the vendor's limit. */
  limiter?: Limiter;
  /** Waits while a limit is used up. */
  sleep?: Sleep;
};

// https://www.rfc-editor.org/rfc/rfc9110#section-15.5.11: some vendors say of what was deleted that it is gone.
const IS_NOT_THERE = new Set([404, 410]);

const MISSED_DELAYS_MS = [1000, 2000];
const MISSED_ADVICE =
  'It has to be there, and was asked for three times. Look for it in the app, then play the event again.';

/** Whether a vendor answered that what a call is about is not there. */
export function isMissing(error: unknown): boolean {
  return error instanceof VendorRejectedError && IS_NOT_THERE.has(error.call.status ?? 0);
}

// Below the steps' own time limits, and above what vendors need on a bad day.
const DEFAULT_TIMEOUT_MS = 10_000;

/** How every client talks to its vendor; see `VendorHttp`. What `options` leave out comes from the environment. */
export function vendorHttp(surface: Surface, options: HttpOptions = {}): VendorHttp {
  const transport = {
    surface,
    baseUrl: options.baseUrl ?? baseUrlFromEnvironment(surface),
    credential: options.credential ?? secretCredential(surface, secretName(surface)),
    fetch: options.fetch ?? fetch,
    timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    now: options.now ?? Date.now,
    sleep: options.sleep ?? realSleep,
    limiter:
      options.limiter ?? limiterFromEnvironment(counterKey(surface), limitVariable(surface), surface.limit),
  };
  return {
    request: async (call) =>
      parseAnswer(transport, call, succeeded(transport, call, await present(transport, call))),
    requestPage: async (call) => {
      const answer = await admitted(transport, call);
      const next = nextOfLink(answer.headers.get('link') ?? '', transport.baseUrl);
      return { answer: parseAnswer(transport, call, succeeded(transport, call, answer)), next };
    },
    requestIfExists: async (call) => {
      const answer = await admitted(transport, call);
      if (IS_NOT_THERE.has(answer.status)) return null;
      return parseAnswer(transport, call, succeeded(transport, call, answer));
    },
  };
}

/** The target whose relation is `next`: https://www.rfc-editor.org/rfc/rfc8288#section-3 */
function nextOfLink(header: string, baseUrl: string): URL | null {
  const target = header.match(/<([^>]*)>[^<]*;\s*rel="?next"?/i)?.[1];
  return target !== undefined && URL.canParse(target, baseUrl) ? new URL(target, baseUrl) : null;
}

type Transport = Required<HttpOptions> & { surface: Surface };

/** The answer to a request that is sent again when it misses what is there: a replica may be late, and a gateway answers 404 too. */
async function present<T>(transport: Transport, call: Call<T>): Promise<Answer> {
  let answer = await admitted(transport, call);
  for (const delayMs of call.isThere === true ? MISSED_DELAYS_MS : []) {
    if (failureOf(transport.surface, answer, call)?.kind !== 'missing') break;
    await transport.sleep(delayMs);
    answer = await admitted(transport, call);
  }
  return answer;
}

/** The answer to the request, which is sent again as long as a limit refuses it and the step has time. */
async function admitted<T>(transport: Transport, call: Call<T>): Promise<Answer> {
  refuseWhilePlanning(transport, call);
  const ask = async () => {
    const answer = await exchange(transport, call);
    const kind = failureOf(transport.surface, answer, call)?.kind;
    return kind === 'rate_limited' || kind === 'daily_limit' ? succeeded(transport, call, answer) : answer;
  };
  return patiently(ask, transport);
}

/** No write of what is only planned leaves the process. @throws PlannedWriteError */
function refuseWhilePlanning(
  transport: Transport,
  call: Pick<Call<unknown>, 'operation' | 'method' | 'path' | 'shownPath' | 'body' | 'onlyReads'>,
): void {
  const planning = currentPlanning();
  if (planning === undefined || call.method === 'GET' || call.onlyReads === true) return;
  const { vendor, operation, method, path } = describeCall(transport, call);
  const write = { vendor, operation, method, path, body: call.body ?? null };
  planning.writes.push(write);
  throw new PlannedWriteError(write);
}

/** Sends the request, and once more after an authentication failure if there is another token by now. */
async function exchange<T>(transport: Transport, call: Call<T>): Promise<Answer> {
  const token = await transport.credential.token();
  const answer = await send(transport, call, token);
  if (failureOf(transport.surface, answer, call)?.kind !== 'auth') return answer;
  const newToken = await transport.credential.tokenAfterRefusal(token);
  return newToken.value === token.value ? answer : send(transport, call, newToken);
}

async function send<T>(transport: Transport, call: Call<T>, token: Token): Promise<Answer> {
  const { surface, limiter } = transport;
  const { cost = 1, dailyCost = cost } = call;
  await limiter.admit(describeCall(transport, call), cost, dailyCost);
  const sent = await transmit(transport, call, token).catch(async (error: unknown) => {
    await limiter.learn({ headers: new Headers(), refusal: null, dailyCost });
    throw error;
  });
  const isRefused = failureOf(surface, sent, call)?.kind === 'rate_limited';
  const isDayOver = isRefused && (await limiter.isDayOver?.(sent.headers, dailyCost)) === true;
  const answer = { ...sent, isDayOver };
  const kind = failureOf(surface, answer, call)?.kind;
  const refusal = kind === 'rate_limited' || kind === 'daily_limit' ? kind : null;
  await limiter.learn({ headers: answer.headers, refusal, dailyCost });
  return answer;
}

async function transmit<T>(transport: Transport, call: Call<T>, token: Token): Promise<Answer> {
  const { surface, timeoutMs } = transport;
  const hasBody = call.body !== undefined;
  try {
    const response = await transport.fetch(urlOf(transport.baseUrl, call), {
      method: call.method,
      headers: {
        accept:
          surface.contentType === 'application/json'
            ? 'application/json'
            : `${surface.contentType}, application/json`,
        ...(hasBody ? { 'content-type': surface.contentType } : {}),
        ...surface.authorization(token.value, token.kind),
      },
      ...(hasBody ? { body: JSON.stringify(call.body) } : {}),
      // A redirect that is followed would send the token to another server.
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    const { status, headers } = response;
    noteRequestId(headers);
    const text = await readText(response);
    // The text is not kept: a list in one answer may be big.
    return { status, headers, isEmpty: text === '', json: parseJson(text) };
  } catch (error) {
    if (error instanceof AnswerTooLongError)
      throw new VendorResponseError(describeCall(transport, call), error.message);
    throw new VendorUnavailableError(describeCall(transport, call), describeBreak(error, timeoutMs));
  }
}

function succeeded<T>(transport: Transport, call: Call<T>, answer: Answer): Answer {
  const failure = failureOf(transport.surface, answer, call);
  if (failure === undefined) return answer;
  const facts = describeCall(transport, call, answer.status);
  switch (failure.kind) {
    case 'rate_limited':
      throw new VendorRateLimitedError(facts, requestedWaitMs(answer.headers, transport.now()));
    case 'daily_limit':
      throw new VendorDailyLimitError(facts, dailyLimitOf(answer.headers, transport.now()));
    case 'auth':
      throw new VendorAuthError(facts, transport.credential.secretName);
    case 'unavailable':
      throw new VendorUnavailableError(facts, 'failed');
    case 'rejected':
      throw new VendorRejectedError(facts, { code: failure.code });
    case 'missing':
      throw new VendorRejectedError(facts, {
        code: failure.code,
        ...(call.isThere === true ? { advice: MISSED_ADVICE } : {}),
      });
    case 'other_dialect':
      throw new VendorResponseError(facts, 'the form of its other API', otherDialectAdvice(facts.vendor));
  }
}

function dailyLimitOf(headers: Headers, now: number) {
  const toldMs = nextDayMs(headers, now);
  const isForLogin = currentPriority() === 'leaver';
  if (toldMs !== undefined) return { now, waitMs: toldMs, knownBy: 'vendor' as const, isForLogin };
  return { now, waitMs: untilNextDayMs(now), knownBy: 'utc' as const, isForLogin };
}

function failureOf<T>(surface: Surface, answer: Answer, { path }: Call<T>): Failure | undefined {
  const failure = surface.readFailure?.(answer, path) ?? failureOfStatus(answer);
  return failure?.kind === 'rate_limited' && answer.isDayOver === true ? { kind: 'daily_limit' } : failure;
}

function failureOfStatus({ status }: Answer): Failure | undefined {
  if (status === 429) return { kind: 'rate_limited' };
  if (status === 401 || status === 403) return { kind: 'auth' };
  if (status >= 500 || status === 408) return { kind: 'unavailable' };
  if (IS_NOT_THERE.has(status)) return { kind: 'missing' };
  if (status >= 400) return { kind: 'rejected' };
  return undefined;
}

function parseAnswer<T>(transport: Transport, call: Call<T>, answer: Answer): T {
  const facts = describeCall(transport, call, answer.status);
  if (answer.status >= 300) throw new VendorResponseError(facts, 'a redirect');
  if (!answer.isEmpty && answer.json === undefined)
    throw new VendorResponseError(facts, 'a body that is not JSON');
  const { parsed, leftOut } = leavingOut(() => z.safeParse(call.answer, answer.json));
  // An alarm counts these lines: see cdk/log-metrics.ts.
  if (Object.keys(leftOut).length > 0)
    logger.warn('fields left out', { vendor: facts.vendor, operation: facts.operation, fields: leftOut });
  if (parsed.success) return parsed.data;
  // Only the names of fields: the values are the vendor's data.
  const fields = parsed.error.issues.map((issue) => issue.path.join('.') || 'the whole body');
  throw new VendorResponseError(facts, `wrong or missing: ${[...new Set(fields)].slice(0, 5).join(', ')}`);
}

function urlOf(baseUrl: string, { path, query = {} }: Pick<Call<unknown>, 'path' | 'query'>): string {
  const parameters = new URLSearchParams(
    Object.entries(query).flatMap(([name, value]) =>
      [value].flat().map((one): [string, string] => [name, String(one)]),
    ),
  );
  // Not every server reads a plus in a query as a space.
  const search = parameters.toString().replaceAll('+', '%20');
  return `${baseUrl.replace(/\/+$/, '')}${path}${search === '' ? '' : `?${search}`}`;
}

function describeCall(
  transport: Transport,
  call: Pick<Call<unknown>, 'operation' | 'method' | 'path' | 'shownPath'>,
  status?: number,
): VendorCall {
  const facts = {
    vendor: transport.surface.vendor,
    operation: call.operation,
    method: call.method,
    path: call.shownPath ?? call.path,
  };
  return status === undefined ? facts : { ...facts, status };
}

function describeBreak(error: unknown, timeoutMs: number): string {
  if (error instanceof Error && error.name === 'TimeoutError')
    return `gave no answer within ${timeoutMs / 1000} s`;
  return 'could not be completed because the connection failed';
}

/** What tests and the embedded runtime may replace in a client; a Lambda replaces nothing. */
export type ClientOptions = {
  rest?: HttpOptions;
  scim?: HttpOptions;
  sleep?: Sleep;
  /** The form of the vendor's API; the base URLs tell it unless it is given. */
  dialect?: Dialect;
  /** Items asked for per page. */
  pageSize?: number;
};
