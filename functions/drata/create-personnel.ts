import * as z from 'zod/mini';
import { appStep } from '../shared/step.ts';
import { addressesOf, Person } from '../vendor/find-account.ts';
import { drata } from './client.ts';

export const handler = appStep({
  name: 'DrataCreatePersonnel',
  client: drata,
  input: z.object({
    employee: z.object({
      employeeId: z.string(),
      email: z.string(),
      firstName: z.string(),
      lastName: z.string(),
      title: z.nullable(z.string()),
      department: z.nullable(z.string()),
      employmentType: z.nullable(z.string()),
      startDate: z.iso.date(),
      managerEmail: z.nullable(z.string()),
    }),
    person: Person,
  }),
  run: (client, { employee, person }) => client.createPersonnel(employee, addressesOf(person)),
});
