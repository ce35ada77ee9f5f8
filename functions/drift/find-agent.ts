import * as z from 'zod/mini';
import { appStep } from '../shared/step.ts';
import { drift } from './client.ts';

export const handler = appStep({
  name: 'DriftFindAgent',
  client: drift,
  input: z.object({ employee: z.object({ email: z.string() }), vendorUserId: z.nullable(z.string()) }),
  run: (client, { employee, vendorUserId }) => client.findAgent({ email: employee.email, vendorUserId }),
});
