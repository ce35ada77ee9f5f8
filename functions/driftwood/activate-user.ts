import * as z from 'zod/mini';
import { appStep } from '../shared/step.ts';
import { ToldInput, toldFacts } from '../vendor/told-facts.ts';
import { DriftwoodAccount, driftwood } from './client.ts';

export const handler = appStep({
  name: 'DriftwoodActivateUser',
  client: driftwood,
  input: z.extend(ToldInput, { account: DriftwoodAccount }),
  run: (client, { account, ...told }) => client.activateUser(account, toldFacts(told)),
});
