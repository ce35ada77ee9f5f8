import * as z from 'zod/mini';
import { appStep } from '../shared/step.ts';
import { pipedrive } from './client.ts';

export const handler = appStep({
  name: 'PipedriveFindUser',
  client: pipedrive,
  input: z.object({ employee: z.object({ email: z.string() }), vendorUserId: z.nullable(z.string()) }),
  run: (client, { employee, vendorUserId }) => client.findUser({ email: employee.email, vendorUserId }),
});
