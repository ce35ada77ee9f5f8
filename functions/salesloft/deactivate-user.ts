import * as z from 'zod/mini';
import { appStep } from '../shared/step.ts';
import { shutAccounts } from '../vendor/shut-accounts.ts';
import { SalesloftAccount, salesloft } from './client.ts';

export const handler = appStep({
  name: 'SalesloftDeactivateUser',
  client: salesloft,
  input: z.object({
    account: z.nullable(SalesloftAccount),
    others: z.array(SalesloftAccount),
    approved: z._default(z.array(z.string()), []),
  }),
  run: (client, leaver) =>
    shutAccounts(leaver, ({ vendorUserId }) => client.deactivateUser(vendorUserId, leaver)),
});
