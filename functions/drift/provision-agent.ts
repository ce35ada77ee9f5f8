import * as z from 'zod/mini';
import { appStep } from '../shared/step.ts';
import { DriftAccount } from './agents.ts';
import { DriftJoiner, drift } from './client.ts';

export const handler = appStep({
  name: 'DriftProvisionAgent',
  client: drift,
  input: z.object({ employee: DriftJoiner, account: z.nullable(DriftAccount) }),
  run: (client, { employee, account }) => client.provisionAgent(employee, account),
});
