import * as z from 'zod/mini';
import { appStep } from '../shared/step.ts';
import { ScimPerson } from '../vendor/scim.ts';
import { pipedrive } from './client.ts';

export const handler = appStep({
  name: 'PipedriveCreateUser',
  client: pipedrive,
  input: z.object({
    employee: ScimPerson,
  }),
  run: (client, { employee }) => client.createUser(employee),
});
