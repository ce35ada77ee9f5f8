import * as z from 'zod/mini';
import { appStep } from '../shared/step.ts';
import { shutAccounts } from '../vendor/shut-accounts.ts';
import { DriftwoodAccount, driftwood } from './client.ts';

export const handler = appStep({
  name: 'DriftwoodDeactivateUser',
  client: driftwood,
  input: z.object({ account: z.nullable(DriftwoodAccount), others: z.array(DriftwoodAccount) }),
  run: (client, leaver) => shutAccounts(leaver, client.deactivateUser),
});
