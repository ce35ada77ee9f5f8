import * as z from 'zod/mini';
import { appStep } from '../shared/step.ts';
import { ToldInput, toldFacts } from '../vendor/told-facts.ts';
import { PipedriveAccount, pipedrive } from './client.ts';

export const handler = appStep({
  name: 'PipedriveReactivateUser',
  client: pipedrive,
  input: z.extend(ToldInput, { account: PipedriveAccount }),
  run: (client, { account, ...told }) => client.reactivateUser(account.vendorUserId, toldFacts(told)),
});
