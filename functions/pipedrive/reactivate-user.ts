import * as z from 'zod/mini';
import { appStep } from '../shared/step.ts';
import { PipedriveAccount, pipedrive } from './client.ts';

export const handler = appStep({
  name: 'PipedriveReactivateUser',
  client: pipedrive,
  input: z.object({ account: PipedriveAccount }),
  run: (client, { account }) => client.reactivateUser(account.vendorUserId),
});
