import * as z from 'zod/mini';
import { appStep } from '../shared/step.ts';
import { shutAccounts } from '../vendor/shut-accounts.ts';
import { MaybeTokenUser, releaseFor } from '../vendor/token-user.ts';
import { DriftAccount } from './agents.ts';
import { driftApp } from './app.ts';
import { drift } from './client.ts';

export const handler = appStep({
  name: 'DriftDeactivateAgent',
  client: drift,
  input: z.extend(MaybeTokenUser, {
    account: z.nullable(DriftAccount),
    others: z.array(DriftAccount),
  }),
  run: (client, leaver) => {
    const releaseOf = releaseFor(driftApp.surfaces, leaver);
    return shutAccounts(leaver, (account) => client.deactivateAgent(account, releaseOf(account)), 'drift');
  },
});
