import * as z from 'zod/mini';
import { appStep } from '../shared/step.ts';
import { SalesloftAccount, salesloft } from './client.ts';

export const handler = appStep({
  name: 'SalesloftReactivateUser',
  client: salesloft,
  input: z.object({ account: SalesloftAccount }),
  run: (client, { account }) => client.reactivateUser(account.vendorUserId),
});
