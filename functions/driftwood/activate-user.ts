import * as z from 'zod/mini';
import { appStep } from '../shared/step.ts';
import { ToldInput, toldFacts } from '../vendor/told-facts.ts';
import { DriftwoodJoiner, driftwood } from './client.ts';
import { DriftwoodAccount } from './users.ts';

export const handler = appStep({
  name: 'DriftwoodActivateUser',
  client: driftwood,
  input: z.extend(ToldInput, { account: DriftwoodAccount, reinstates: z._default(z.boolean(), false) }),
  run: (client, { account, reinstates, ...told }) => {
    // A run that takes a termination back brings back what was shut, and makes nothing new.
    const newcomer = reinstates ? undefined : DriftwoodJoiner.safeParse(told.employee).data;
    return client.activateUser(account, toldFacts(told), newcomer ?? null);
  },
});
