import * as z from 'zod/mini';

/** What is handed over: `owned` of `records` are the leaver's. */
export const Scenario = z.object({
  app: z.enum(['pipedrive', 'drift']),
  records: z.int(),
  owned: z.int(),
  /** How many times faster than documented the app's limit is. */
  speed: z.number(),
});
export type Scenario = z.infer<typeof Scenario>;

/** Where the vendor and the stand-ins for AWS are. */
export const Places = z.object({
  /** The environment of tenure's process. */
  environment: z.record(z.string(), z.string()),
  leaverId: z.string(),
  newOwnerId: z.string(),
  newOwnerEmail: z.string(),
  /** Where the vendor's own client goes, and the token it needs; null where there is none. */
  peer: z.nullable(z.object({ url: z.string(), token: z.string(), windowMs: z.number() })),
});
export type Places = z.infer<typeof Places>;

/** What the vendor has seen. */
export const Seen = z.object({
  calls: z.int(),
  writes: z.int(),
  /** Records that were written more than once. */
  writtenTwice: z.int(),
  refused: z.int(),
  /** Records that are still the leaver's. */
  left: z.int(),
  /** How long its process has been computing. */
  cpuMs: z.number(),
});
export type Seen = z.infer<typeof Seen>;

/** What tenure's process tells: how far it has come, and at last how it ended. */
export const FromTenure = z.union([
  z.object({ place: z.unknown() }),
  z.object({
    status: z.string(),
    moved: z.int(),
    ms: z.number(),
    rounds: z.int(),
    longestRoundMs: z.number(),
    peakMb: z.number(),
    cpuMs: z.number(),
  }),
]);
export type FromTenure = z.infer<typeof FromTenure>;

/** What the peer's process tells. */
export const FromPeer = z.object({
  ...{ ms: z.number(), peakMb: z.number(), cpuMs: z.number(), refused: z.int() },
});
