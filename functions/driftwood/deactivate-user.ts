import * as z from 'zod/mini';
import { appStep } from '../shared/step.ts';
import { shutAccounts } from '../vendor/shut-accounts.ts';
import { MaybeTokenUser, releaseFor } from '../vendor/token-user.ts';
import { driftwoodApp } from './app.ts';
import { driftwood } from './client.ts';
import { DriftwoodAccount } from './users.ts';

export const handler = appStep({
  name: 'DriftwoodDeactivateUser',
  client: driftwood,
  input: z.extend(MaybeTokenUser, {
    account: z.nullable(DriftwoodAccount),
    others: z.array(DriftwoodAccount),
  }),
  run: (client, leaver) => {
    const releaseOf = releaseFor(driftwoodApp.surfaces, leaver);
    return shutAccounts(leaver, (account) => client.deactivateUser(account, releaseOf(account)));
  },
});
