import * as z from 'zod/mini';
import { appStep } from '../shared/step.ts';
import { DriftAccount, drift } from './client.ts';

export const handler = appStep({
  name: 'DriftReassignContacts',
  client: drift,
  input: z.object({ account: DriftAccount, reassignTo: z.nullable(z.string()) }),
  run: (client, { account, reassignTo }) => client.reassignContacts(account, reassignTo),
});
