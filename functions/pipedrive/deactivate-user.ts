import * as z from 'zod/mini';
import { appStep, NO_ACCOUNT } from '../shared/step.ts';
import { PipedriveAccount, pipedrive } from './client.ts';

export const handler = appStep({
  name: 'PipedriveDeactivateUser',
  client: pipedrive,
  input: z.object({ account: z.nullable(PipedriveAccount) }),
  run: async (client, { account }) =>
    account === null ? NO_ACCOUNT : client.deactivateUser(account.vendorUserId),
});
