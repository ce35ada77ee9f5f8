import * as z from 'zod/mini';
import { appStep } from '../shared/step.ts';
import { DriftwoodJoiner, driftwood } from './client.ts';

export const handler = appStep({
  name: 'DriftwoodInviteUser',
  client: driftwood,
  input: z.object({ employee: DriftwoodJoiner }),
  run: (client, { employee }) => client.inviteUser(employee),
});
