import * as z from 'zod/mini';
import { appStep } from '../shared/step.ts';
import { salesloft } from './client.ts';

export const handler = appStep({
  name: 'SalesloftProvisionUser',
  client: salesloft,
  input: z.object({
    employee: z.object({
      employeeId: z.string(),
      email: z.string(),
      firstName: z.string(),
      lastName: z.string(),
    }),
  }),
  run: (client, { employee }) => client.provisionUser(employee),
});
