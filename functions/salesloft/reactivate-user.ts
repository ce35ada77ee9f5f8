import * as z from 'zod/mini';
import { appStep } from '../shared/step.ts';
import { scimTold } from '../vendor/scim-facts.ts';
import { ToldInput } from '../vendor/told-facts.ts';
import { SalesloftAccount, salesloft } from './client.ts';

export const handler = appStep({
  name: 'SalesloftReactivateUser',
  client: salesloft,
  input: z.extend(ToldInput, { account: SalesloftAccount }),
  run: (client, { account, ...told }) => client.reactivateUser(account.vendorUserId, scimTold(told)),
});
