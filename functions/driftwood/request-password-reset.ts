import * as z from 'zod/mini';
import { appStep } from '../shared/step.ts';
import { driftwood } from './client.ts';
import { DriftwoodAccount } from './users.ts';

export const handler = appStep({
  name: 'DriftwoodRequestPasswordReset',
  client: driftwood,
  input: z.object({ account: DriftwoodAccount, passwordEmail: z.boolean() }),
  run: async (client, { account, passwordEmail }) =>
    passwordEmail ? client.requestPasswordReset(account) : { status: 'not_needed' },
});
