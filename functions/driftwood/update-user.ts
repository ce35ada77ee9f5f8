import * as z from 'zod/mini';
import { appStep, NO_ACCOUNT } from '../shared/step.ts';
import { ToldInput, toldFacts } from '../vendor/told-facts.ts';
import { driftwood } from './client.ts';
import { DriftwoodAccount } from './users.ts';

export const handler = appStep({
  name: 'DriftwoodUpdateUser',
  client: driftwood,
  input: z.extend(ToldInput, { account: z.nullable(DriftwoodAccount) }),
  run: async (client, { account, ...told }) =>
    account === null ? NO_ACCOUNT : client.updateUser(account, toldFacts(told)),
});
