import * as z from 'zod/mini';
import { appStep, NO_ACCOUNT } from '../shared/step.ts';
import { ToldInput, toldFacts } from '../vendor/told-facts.ts';
import { PipedriveAccount, pipedrive } from './client.ts';

export const handler = appStep({
  name: 'PipedriveUpdateUser',
  client: pipedrive,
  input: z.extend(ToldInput, { account: z.nullable(PipedriveAccount) }),
  run: async (client, { account, ...told }) =>
    account === null ? NO_ACCOUNT : client.updateUser(account.vendorUserId, toldFacts(told)),
});
