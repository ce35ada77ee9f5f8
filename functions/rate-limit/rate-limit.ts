// A longer wait is a misunderstanding or a mistake of the vendor.
const LONGEST_WAIT_MS = 15 * 60 * 1000;

/**
 * How long the vendor asks to wait, in milliseconds, at most 15 minutes. It reads `Retry-After` as seconds or as an
 * HTTP date (RFC 9110, section 10.2.3), and `X-RateLimit-Reset` as seconds from now, epoch seconds or epoch
 * milliseconds: live services use all three. Undefined when neither header can be read.
 */
export function requestedWaitMs(headers: Headers, now: number): number | undefined {
  const wait =
    retryAfterMs(headers.get('retry-after'), now) ?? resetWaitMs(headers.get('x-ratelimit-reset'), now);
  if (wait === undefined || Number.isNaN(wait)) return undefined;
  return Math.min(Math.max(wait, 0), LONGEST_WAIT_MS);
}

/**
 * When the vendor says that its day's budget is new, as milliseconds from now: its day need not be that of UTC. Undefined
 * when it does not say, or says more than a day.
 */
export function nextDayMs(headers: Headers, now: number): number | undefined {
  const wait =
    retryAfterMs(headers.get('retry-after'), now) ?? resetWaitMs(headers.get('x-ratelimit-reset'), now);
  // A short one is that of the window.
  return wait !== undefined && wait > LONGEST_WAIT_MS && wait <= 24 * 60 * 60 * 1000 ? wait : undefined;
}

/** Whether the vendor says that the window has nothing left. */
export function isUsedUp(headers: Headers): boolean {
  // The second is of vendors that count by the minute.
  const remaining = headers.get('x-ratelimit-remaining') ?? headers.get('x-ratelimit-remaining-minute');
  return remaining !== null && remaining.trim() !== '' && Number(remaining) <= 0;
}

/** How much of the day's budget the vendor says is left; undefined when it does not say. */
export function leftToday(headers: Headers): number | undefined {
  // https://pipedrive.readme.io/docs/core-api-concepts-rate-limiting has the second; live answers mostly have the first.
  const left = headers.get('x-daily-ratelimit-token-remaining') ?? headers.get('x-daily-requests-left');
  if (left === null || left.trim() === '' || Number.isNaN(Number(left))) return undefined;
  return Number(left);
}

function retryAfterMs(value: string | null, now: number): number | undefined {
  if (value === null || value.trim() === '') return undefined;
  const seconds = Number(value);
  return Number.isNaN(seconds) ? Date.parse(value) - now : seconds * 1000;
}

function resetWaitMs(value: string | null, now: number): number | undefined {
  if (value === null || value.trim() === '') return undefined;
  const reset = Number(value);
  // Epoch seconds have ten digits and epoch milliseconds thirteen; a number of seconds to wait has at most eight.
  if (reset >= 1e11) return reset - now;
  if (reset >= 1e8) return reset * 1000 - now;
  return reset * 1000;
}
