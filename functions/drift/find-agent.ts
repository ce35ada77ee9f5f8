import * as z from 'zod/mini';
import { appStep } from '../shared/step.ts';
import { drift } from './client.ts';

export const handler = appStep({
  name: 'DriftFindAgent',
  client: drift,
  input: z.object({ employee: z.object({ email: z.string() }), storedUserId: z.nullable(z.string()) }),
  run: (client, { employee, storedUserId }) => client.findAgent({ email: employee.email, storedUserId }),
});
