import * as z from 'zod/mini';
import { appStep } from '../shared/step.ts';
import { DriftAccount, drift } from './client.ts';

export const handler = appStep({
  name: 'DriftProvisionAgent',
  client: drift,
  input: z.object({
    employee: z.object({
      employeeId: z.string(),
      email: z.string(),
      firstName: z.string(),
      lastName: z.string(),
    }),
    account: z.nullable(DriftAccount),
  }),
  run: (client, { employee, account }) => client.provisionAgent(employee, account),
});
