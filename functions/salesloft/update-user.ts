import * as z from 'zod/mini';
import { appStep, NO_ACCOUNT } from '../shared/step.ts';
import { ScimNews, scimTold, unwritable } from '../vendor/scim-facts.ts';
import { SalesloftAccount, salesloft } from './client.ts';

export const handler = appStep({
  name: 'SalesloftUpdateUser',
  client: salesloft,
  input: z.extend(ScimNews, { account: z.nullable(SalesloftAccount) }),
  run: async (client, { account, ...news }) => {
    if (account === null) return NO_ACCOUNT;
    const { title } = news.employee;
    return client.updateUser(account.vendorUserId, scimTold(news), { title, fields: unwritable(news) });
  },
});
