import * as z from 'zod/mini';
import { appStep, NO_ACCOUNT } from '../shared/step.ts';
import { DriftwoodAccount, driftwood } from './client.ts';

export const handler = appStep({
  name: 'DriftwoodDeactivateUser',
  client: driftwood,
  input: z.object({ account: z.nullable(DriftwoodAccount) }),
  run: async (client, { account }) => (account === null ? NO_ACCOUNT : client.deactivateUser(account)),
});
