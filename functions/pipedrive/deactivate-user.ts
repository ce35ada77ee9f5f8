import * as z from 'zod/mini';
import { appStep } from '../shared/step.ts';
import { shutAccounts } from '../vendor/shut-accounts.ts';
import { PipedriveAccount, pipedrive } from './client.ts';

export const handler = appStep({
  name: 'PipedriveDeactivateUser',
  client: pipedrive,
  input: z.object({
    account: z.nullable(PipedriveAccount),
    others: z.array(PipedriveAccount),
    approved: z._default(z.array(z.string()), []),
  }),
  run: (client, leaver) =>
    shutAccounts(leaver, ({ vendorUserId }) => client.deactivateUser(vendorUserId, leaver), 'pipedrive'),
});
