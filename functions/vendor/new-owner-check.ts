import * as z from 'zod/mini';
import { APPS } from '../shared/apps.ts';

/** What the steps get that look, before anything is written, whether the leaver's records have a new owner. */
export const NewOwnerCheck = z.object({
  employee: z.object({ email: z.string() }),
  apps: z.array(z.object({ app: z.enum(APPS), vendorUserId: z.nullable(z.string()) })),
  reassignTo: z.nullable(z.string()),
});
