import * as z from 'zod/mini';
import { appStep } from '../shared/step.ts';
import { shutAccounts } from '../vendor/shut-accounts.ts';
import { MaybeTokenUser, releaseFor } from '../vendor/token-user.ts';
import { pipedriveApp } from './app.ts';
import { PipedriveAccount, pipedrive } from './client.ts';

export const handler = appStep({
  name: 'PipedriveDeactivateUser',
  client: pipedrive,
  input: z.extend(MaybeTokenUser, {
    account: z.nullable(PipedriveAccount),
    others: z.array(PipedriveAccount),
  }),
  run: (client, leaver) => {
    const releaseOf = releaseFor(pipedriveApp.surfaces, leaver);
    return shutAccounts(
      leaver,
      (account) => client.deactivateUser(account.vendorUserId, releaseOf(account)),
      'pipedrive',
    );
  },
});
