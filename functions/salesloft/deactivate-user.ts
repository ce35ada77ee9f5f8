import * as z from 'zod/mini';
import { appStep, NO_ACCOUNT } from '../shared/step.ts';
import { SalesloftAccount, salesloft } from './client.ts';

export const handler = appStep({
  name: 'SalesloftDeactivateUser',
  client: salesloft,
  input: z.object({ account: z.nullable(SalesloftAccount) }),
  run: async (client, { account }) =>
    account === null ? NO_ACCOUNT : client.deactivateUser(account.vendorUserId),
});
