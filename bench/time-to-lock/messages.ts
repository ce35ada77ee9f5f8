import * as z from 'zod/mini';
import { APPS } from '../../functions/shared/apps.ts';

/** Where the simulated vendors are: what a runtime needs so as to take them for real ones. */
export const Vendors = z.object({
  /** By environment variable. */
  baseUrls: z.record(z.string(), z.string()),
  /** Name and text of each secret. */
  secrets: z.array(z.tuple([z.string(), z.string()])),
});
export type Vendors = z.infer<typeof Vendors>;

/** One request that a vendor received. */
export const Request = z.object({
  app: z.enum(APPS),
  surface: z.enum(['rest', 'scim']),
  method: z.string(),
  path: z.string(),
  query: z.record(z.string(), z.string()),
  body: z.optional(z.unknown()),
  /** When it arrived, in epoch milliseconds. */
  at: z.number(),
});
export type Request = z.infer<typeof Request>;

/** A login that a vendor no longer lets in. */
export const Shut = z.object({
  app: z.enum(APPS),
  email: z.string(),
  /** When it was seen, in epoch milliseconds; up to 20 ms late. */
  at: z.number(),
});
export type Shut = z.infer<typeof Shut>;

/** What the vendors are told: to answer no request of an app any more, or to report their requests. */
export const Order = z.discriminatedUnion('order', [
  z.object({ order: z.literal('hang'), app: z.enum(APPS) }),
  z.object({ order: z.literal('requests') }),
]);
export type Order = z.infer<typeof Order>;

export const FromVendors = z.union([
  z.object({ vendors: Vendors }),
  z.object({ requests: z.array(Request) }),
  z.object({ hangs: z.enum(APPS) }),
  z.object({ shut: z.array(Shut) }),
]);

/** The leavers whose terminations are to be handed over, all at once. */
export const Leavers = z.object({ from: z.int(), to: z.int() });
export type Leavers = z.infer<typeof Leavers>;

export const FromTenure = z.union([
  z.object({ isReady: z.literal(true) }),
  /** When the events were handed over, in epoch milliseconds. */
  z.object({ handedOverAt: z.number() }),
  /** When the look at the new owner ended in an app, where there is one before the logins are shut. */
  z.object({ ownerCheckedAt: z.number() }),
  /** A step in an app that found nobody to answer, after so many milliseconds. */
  z.object({ gaveUp: z.object({ app: z.enum(APPS), step: z.string(), ms: z.number() }) }),
  /** An event that no run was started for, or a step that failed otherwise; the name of the error. */
  z.object({ failed: z.string() }),
  /** How long this process kept a core busy since the events were handed over, in milliseconds. */
  z.object({ cpuMs: z.number() }),
]);

/** A leaver's address at the vendors, by number from 0. */
export function leaverEmail(number: number): string {
  return `leaver.${number}@northlight.example`;
}

/** Who takes over what the leavers owned. */
export const NEW_OWNER = 'owner@northlight.example';
