import * as z from 'zod/mini';
import { appStep } from '../shared/step.ts';
import { PipedriveAccount, pipedrive } from './client.ts';

export const handler = appStep({
  name: 'PipedriveAssignRole',
  client: pipedrive,
  input: z.object({ account: PipedriveAccount, role: z.nullable(z.string()) }),
  run: (client, { account, role }) => client.assignRole(account.vendorUserId, role),
});
