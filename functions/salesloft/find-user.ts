import * as z from 'zod/mini';
import { appStep } from '../shared/step.ts';
import { salesloft } from './client.ts';

export const handler = appStep({
  name: 'SalesloftFindUser',
  client: salesloft,
  input: z.object({ employee: z.object({ email: z.string() }), vendorUserId: z.nullable(z.string()) }),
  run: (client, { employee, vendorUserId }) => client.findUser({ email: employee.email, vendorUserId }),
});
