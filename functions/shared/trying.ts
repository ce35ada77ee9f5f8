import * as z from 'zod/mini';

/** How a login that is not shut is tried further. */
export const Trying = z.object({
  /** Since when it is tried, as an ISO instant; `next` is when it is tried again. */
  since: z.string(),
  next: z.string(),
  /** How often it failed. */
  attempts: z.int(),
  /** Whether a person has been told. */
  told: z.boolean(),
  /** Why it failed last. */
  reason: z.string(),
});
export type Trying = z.infer<typeof Trying>;

/** When what is tried again, and for how long; all in seconds. */
export type Patience = { first: number; longest: number; tellAfter: number; giveUpAfter: number };

const PATIENCE: Patience = { first: 30, longest: 900, tellAfter: 900, giveUpAfter: 72 * 3600 };

/** The variables by which a laptop is less patient: what all is multiplied by, and after how many seconds it gives up. */
export const PATIENCE_SCALE_VARIABLE = 'PATIENCE_SCALE';
export const GIVE_UP_VARIABLE = 'GIVE_UP_AFTER_SECONDS';

/** The patience of this deployment. */
export function patienceFromEnvironment(): Patience {
  const scale = Number(process.env[PATIENCE_SCALE_VARIABLE] ?? 1);
  return {
    first: PATIENCE.first * scale,
    longest: PATIENCE.longest * scale,
    tellAfter: PATIENCE.tellAfter * scale,
    giveUpAfter: Number(process.env[GIVE_UP_VARIABLE] ?? PATIENCE.giveUpAfter) * scale,
  };
}

/**
 * What follows when it has failed once more: the next attempt, after twice as long as before it; null when that would
 * be later than patience allows.
 *
 * @param before null when it failed for the first time.
 * @param now in epoch milliseconds.
 */
export function nextTry(
  before: Trying | null,
  failure: { now: number; reason: string },
  { first, longest, giveUpAfter }: Patience,
): Trying | null {
  const { now, reason } = failure;
  const attempts = (before?.attempts ?? 0) + 1;
  const since = before === null ? now : Date.parse(before.since);
  // The exponent is bounded, as a number that is too large for a double is no delay.
  const waitSeconds = Math.min(longest, first * 2 ** Math.min(attempts - 1, 20));
  const next = now + waitSeconds * 1000;
  if (next > since + giveUpAfter * 1000) return null;
  return {
    since: new Date(since).toISOString(),
    next: new Date(next).toISOString(),
    attempts,
    told: before?.told ?? false,
    reason,
  };
}

/** Whether a person has to be told now. @param now in epoch milliseconds. */
export function isToBeTold({ since, told }: Trying, now: number, { tellAfter }: Patience): boolean {
  return !told && now - Date.parse(since) >= tellAfter * 1000;
}
