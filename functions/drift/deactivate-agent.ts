import * as z from 'zod/mini';
import { appStep, NO_ACCOUNT } from '../shared/step.ts';
import { DriftAccount, drift } from './client.ts';

export const handler = appStep({
  name: 'DriftDeactivateAgent',
  client: drift,
  input: z.object({ account: z.nullable(DriftAccount) }),
  run: async (client, { account }) => (account === null ? NO_ACCOUNT : client.deactivateAgent(account)),
});
