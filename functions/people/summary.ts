import * as z from 'zod/mini';
import { APPS } from '../shared/apps.ts';

/**
 * What an import says of a person in an app: `linked` now, `known` before, `closed` where the account is deactivated,
 * `lacks` an account, `in_doubt` where it may be somebody else's. `nobodys` is an open account that nobody has.
 */
export const LINK_STATUSES = ['linked', 'known', 'closed', 'lacks', 'in_doubt', 'nobodys'] as const;

export const LinkRow = z.object({
  app: z.enum(APPS),
  status: z.enum(LINK_STATUSES),
  employeeId: z.nullable(z.string()),
  name: z.nullable(z.string()),
  email: z.nullable(z.string()),
  vendorUserId: z.nullable(z.string()),
  detail: z.optional(z.string()),
});
export type LinkRow = z.infer<typeof LinkRow>;

export const LinkCounts = z.record(z.enum(LINK_STATUSES), z.int());
export type LinkCounts = z.infer<typeof LinkCounts>;

/** What came of an app, and where its rows are. */
export const LinkedApp = z.object({ accounts: z.int(), counts: LinkCounts, files: z.array(z.string()) });
export type LinkedApp = z.infer<typeof LinkedApp>;

/** The result of an import. */
export const ImportSummary = z.object({
  run: z.string(),
  /** Whether nothing was written down. */
  plan: z.boolean(),
  people: z.int(),
  apps: z.array(z.extend(LinkedApp, { app: z.enum(APPS) })),
});
export type ImportSummary = z.infer<typeof ImportSummary>;
