import * as z from 'zod/mini';
import { appStep } from '../shared/step.ts';
import { drata } from './client.ts';

export const handler = appStep({
  name: 'DrataFindPersonnel',
  client: drata,
  input: z.object({ employee: z.object({ email: z.string() }), vendorUserId: z.nullable(z.string()) }),
  run: (client, { employee, vendorUserId }) => client.findPersonnel({ email: employee.email, vendorUserId }),
});
