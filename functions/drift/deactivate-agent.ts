import * as z from 'zod/mini';
import { appStep } from '../shared/step.ts';
import { shutAccounts } from '../vendor/shut-accounts.ts';
import { DriftAccount, drift } from './client.ts';

export const handler = appStep({
  name: 'DriftDeactivateAgent',
  client: drift,
  input: z.object({ account: z.nullable(DriftAccount), others: z.array(DriftAccount) }),
  run: (client, leaver) => shutAccounts(leaver, client.deactivateAgent, 'drift'),
});
