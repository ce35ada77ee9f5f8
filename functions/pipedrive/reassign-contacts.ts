import * as z from 'zod/mini';
import { appStep } from '../shared/step.ts';
import { PipedriveAccount, pipedrive } from './client.ts';

export const handler = appStep({
  name: 'PipedriveReassignContacts',
  client: pipedrive,
  input: z.object({ account: PipedriveAccount, reassignTo: z.nullable(z.string()) }),
  run: (client, { account, reassignTo }) => client.reassignContacts(account.vendorUserId, reassignTo),
});
