// Timers hold 31 bits of milliseconds, and nobody keeps a laptop running for longer.
export const LONGEST_WAIT_DAYS = 24;
