import * as z from 'zod/mini';
import { appStep } from '../shared/step.ts';
import { driftwood } from './client.ts';

export const handler = appStep({
  name: 'DriftwoodInviteUser',
  client: driftwood,
  input: z.object({ employee: z.object({ email: z.string(), firstName: z.string(), lastName: z.string() }) }),
  run: (client, { employee }) => client.inviteUser(employee),
});
