import * as z from 'zod/mini';
import { Scenario, STRATEGIES } from './scenarios.ts';

/** What a worker is told to do. Times are in epoch milliseconds. */
export const Work = z.object({
  scenario: Scenario,
  strategy: z.enum(STRATEGIES),
  /** The jobs' numbers. */
  jobs: z.array(z.int()),
  workers: z.int(),
  vendorUrl: z.string(),
  tableUrl: z.string(),
  tableName: z.string(),
  /** The counter's key; a new one for every run. */
  key: z.string(),
  skewMs: z.number(),
  dueAt: z.number(),
});
export type Work = z.infer<typeof Work>;

/** One job as its worker saw it. */
const JobEnd = z.object({
  job: z.int(),
  attempts: z.int(),
  isDone: z.boolean(),
  /** When the call was meant to be sent, as the fleet's grid has it; null for a call that did not wait. */
  slot: z.nullable(z.number()),
});
export type JobEnd = z.infer<typeof JobEnd>;

export const WorkDone = z.object({ ends: z.array(JobEnd), writes: z.int(), reads: z.int() });
export type WorkDone = z.infer<typeof WorkDone>;

/** One request as the vendor saw it. */
const Arrival = z.object({ job: z.int(), at: z.number(), isAccepted: z.boolean() });
export type Arrival = z.infer<typeof Arrival>;

export const Journal = z.array(Arrival);
export const Address = z.object({ url: z.string() });
