import * as z from 'zod/mini';
import { appStep } from '../shared/step.ts';
import { DriftwoodAccount, driftwood } from './client.ts';

export const handler = appStep({
  name: 'DriftwoodActivateUser',
  client: driftwood,
  input: z.object({ account: DriftwoodAccount }),
  run: (client, { account }) => client.activateUser(account),
});
