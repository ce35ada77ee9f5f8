/** A documented limit: `capacity` units in any span of `windowMs`, and so many a day. */
export type Limit = { capacity: number; windowMs: number; perDay?: number };

const DAY_MS = 24 * 60 * 60 * 1000;

/** Enforces a limit strictly: no span of the window's length ever has more requests than the capacity. */
export class RequestWindow {
  /** It may be replaced, for example by a plan that allows more. */
  limit: Limit;
  readonly now: () => number;
  #taken: number[] = [];
  #day = 0;
  #takenToday = 0;
  /** How many requests were refused since the last one that was let through. */
  refusedInARow = 0;

  constructor(limit: Limit, now: () => number) {
    this.limit = limit;
    this.now = now;
  }

  /** Counts a request. Returns false when it is over the limit. @param daily what it takes of the day's budget @param units what it takes of the window */
  take(daily = 1, units = 1): boolean {
    const now = this.now();
    this.#taken = this.#taken.filter((at) => at > now - this.limit.windowMs);
    const today = Math.floor(now / DAY_MS);
    if (today !== this.#day) {
      this.#day = today;
      this.#takenToday = 0;
    }
    if (this.#taken.length + units > this.limit.capacity || this.remainingToday < daily) {
      this.refusedInARow += 1;
      return false;
    }
    for (let unit = 0; unit < units; unit += 1) this.#taken.push(now);
    this.#takenToday += daily;
    this.refusedInARow = 0;
    return true;
  }

  get remaining(): number {
    return this.limit.capacity - this.#taken.length;
  }

  get remainingToday(): number {
    return (this.limit.perDay ?? Number.POSITIVE_INFINITY) - this.#takenToday;
  }

  /** When a request is let through again, in epoch milliseconds, without regard to the daily limit. */
  get freeAt(): number {
    const [oldest] = this.#taken;
    return oldest === undefined || this.remaining > 0 ? this.now() : oldest + this.limit.windowMs + 1;
  }

  /** Uses up what is left of the day. */
  exhaustDay(): void {
    this.#day = Math.floor(this.now() / DAY_MS);
    this.#takenToday = this.limit.perDay ?? 0;
  }

  reset(): void {
    this.#taken = [];
    this.#takenToday = 0;
    this.refusedInARow = 0;
  }
}
