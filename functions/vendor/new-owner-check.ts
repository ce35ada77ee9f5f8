import * as z from 'zod/mini';
import { APPS } from '../shared/apps.ts';

/** The input of the steps that check, before anything is written, who takes over the leaver's records. */
export const NewOwnerCheck = z.object({
  employee: z.object({ email: z.string() }),
  apps: z.array(z.object({ app: z.enum(APPS), vendorUserId: z.nullable(z.string()) })),
  reassignTo: z.nullable(z.string()),
});
