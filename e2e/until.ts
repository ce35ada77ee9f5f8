import { setTimeout as sleep } from 'node:timers/promises';

export type Patience = {
  /** What is waited for, for the message. */
  what: string;
  /** In milliseconds. */
  timeoutMs: number;
  signal: AbortSignal;
};

const INTERVAL_MS = 50;

/**
 * Asks again and again until the answer is something.
 *
 * @throws Error when that takes too long; the signal's reason when it is aborted.
 */
export async function until<T>(ask: () => Promise<T | undefined>, patience: Patience): Promise<T> {
  const { what, timeoutMs, signal } = patience;
  const deadline = performance.now() + timeoutMs;
  while (performance.now() < deadline) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await sleep(INTERVAL_MS, undefined, { signal });
  }
  throw new Error(`Waited ${timeoutMs / 1000} s in vain for ${what}.`);
}
