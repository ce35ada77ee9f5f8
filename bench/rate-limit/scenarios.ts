import * as z from 'zod/mini';

export const STRATEGIES = ['tenure', 'full-jitter', 'reset-header', 'fixed-window', 'bottleneck'] as const;
export type Strategy = (typeof STRATEGIES)[number];

export const Scenario = z.object({
  name: z.string(),
  /** What the vendor allows; `windowMs` is as the run has it, which `scale` makes shorter than the vendor's. */
  capacity: z.int(),
  windowMs: z.int(),
  scale: z.number(),
  /** One call each, all due at once. */
  jobs: z.int(),
  /** How the vendor says when it has room again. */
  reset: z.enum(['epochSeconds', 'deltaSeconds', 'unsaid']),
  /** When a strategy that has not finished is stopped, in milliseconds. */
  mostMs: z.int(),
  /** What the calls take of the day's budget, in turn, and how much that is; one each without a budget unless given. */
  costs: z.optional(z.array(z.int())),
  perDay: z.optional(z.int()),
});
export type Scenario = z.infer<typeof Scenario>;

const PIPEDRIVE = {
  name: 'pipedrive',
  capacity: 80,
  windowMs: 2_000,
  scale: 1,
  reset: 'epochSeconds',
} as const;

// A minute in twelve seconds: a shorter one would measure how fast this machine can reserve.
const SCALED = { windowMs: 12_000, scale: 0.2, mostMs: 75_000 } as const;

/** What Pipedrive's calls take of the tokens of a day: a search, a list, a page of records, a new owner, a user. */
const COSTS = [40, 20, 10, 5, 2];
/** Of the live API, on the plan Premium, on a day on which a tenth of the work has no tokens left. */
const TOKENS: Scenario = {
  ...PIPEDRIVE,
  ...{ name: 'pipedrive tokens', capacity: 100, costs: COSTS, perDay: 8_316, jobs: 600, mostMs: 20_000 },
  reset: 'unsaid',
};

export const FULL: readonly Scenario[] = [
  { ...PIPEDRIVE, jobs: 2_000, mostMs: 150_000 },
  { ...SCALED, name: 'drift', capacity: 200, jobs: 450, reset: 'unsaid' },
  { ...SCALED, name: 'salesloft', capacity: 600, jobs: 1_500, reset: 'deltaSeconds' },
  TOKENS,
];

export const QUICK: readonly Scenario[] = [{ ...PIPEDRIVE, jobs: 240, mostMs: 20_000 }, TOKENS];

/** What a job takes of the day's budget. */
export function costOf({ costs = [1] }: Scenario, job: number): number {
  return costs[job % costs.length] ?? 1;
}
