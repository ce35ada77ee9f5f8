import * as z from 'zod/mini';
import { APPS } from './apps.ts';

/**
 * Why a run, or its steps in one app, are held. `token_user`, `last_admin` and `account_owner` are found out in an app,
 * and hold only its steps.
 */
export const HeldReason = z.object({
  kind: z.enum(['too_many', 'protected', 'approval', 'late', 'token_user', 'last_admin', 'account_owner']),
  /** Null where the whole run is held. */
  app: z.nullable(z.enum(APPS)),
  /** One sentence for a person, without a name or an address. */
  detail: z.string(),
});
export type HeldReason = z.infer<typeof HeldReason>;
