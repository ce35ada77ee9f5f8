import * as z from 'zod/mini';
import { appStep } from '../shared/step.ts';
import { shutAccounts } from '../vendor/shut-accounts.ts';
import { MaybeTokenUser, releaseFor } from '../vendor/token-user.ts';
import { salesloftApp } from './app.ts';
import { SalesloftAccount, salesloft } from './client.ts';

export const handler = appStep({
  name: 'SalesloftDeactivateUser',
  client: salesloft,
  input: z.extend(MaybeTokenUser, {
    account: z.nullable(SalesloftAccount),
    others: z.array(SalesloftAccount),
  }),
  run: (client, leaver) => {
    const releaseOf = releaseFor(salesloftApp.surfaces, leaver);
    return shutAccounts(leaver, (account) => client.deactivateUser(account.vendorUserId, releaseOf(account)));
  },
});
