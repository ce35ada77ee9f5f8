import * as z from 'zod/mini';
import { appStep } from '../shared/step.ts';
import { ScimPerson } from '../vendor/scim.ts';
import { salesloft } from './client.ts';

export const handler = appStep({
  name: 'SalesloftProvisionUser',
  client: salesloft,
  input: z.object({
    employee: ScimPerson,
  }),
  run: (client, { employee }) => client.provisionUser(employee),
});
