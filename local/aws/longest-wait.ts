/** The longest wait of a run on this machine: a timer of Node.js holds 31 bits of milliseconds, some 24.8 days. */
export const LONGEST_WAIT_DAYS = 24;
