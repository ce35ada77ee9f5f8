import * as z from 'zod/mini';
import { appStep, NO_ACCOUNT } from '../shared/step.ts';
import { ScimNews, scimTold, unwritable } from '../vendor/scim-facts.ts';
import { DriftAccount } from './agents.ts';
import { drift } from './client.ts';

export const handler = appStep({
  name: 'DriftUpdateAgent',
  client: drift,
  input: z.extend(ScimNews, { account: z.nullable(DriftAccount) }),
  run: async (client, { account, ...news }) =>
    account === null ? NO_ACCOUNT : client.updateAgent(account, scimTold(news), unwritable(news)),
});
