import * as z from 'zod/mini';
import { appStep } from '../shared/step.ts';
import { pipedrive } from './client.ts';

export const handler = appStep({
  name: 'PipedriveCreateUser',
  client: pipedrive,
  input: z.object({
    employee: z.object({
      employeeId: z.string(),
      email: z.string(),
      firstName: z.string(),
      lastName: z.string(),
    }),
  }),
  run: (client, { employee }) => client.createUser(employee),
});
