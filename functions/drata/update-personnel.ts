import * as z from 'zod/mini';
import { appStep, NO_ACCOUNT } from '../shared/step.ts';
import { Workflow } from '../shared/workflow.ts';
import { addressesOf, Person } from '../vendor/find-account.ts';
import { textOrNothing } from '../vendor/text-or-nothing.ts';
import { DrataAccount, drata } from './client.ts';

export const handler = appStep({
  name: 'DrataUpdatePersonnel',
  client: drata,
  input: z.object({
    workflow: Workflow,
    account: z.nullable(DrataAccount),
    employee: z.object({
      employeeId: z.string(),
      email: textOrNothing,
      firstName: textOrNothing,
      lastName: textOrNothing,
      title: textOrNothing,
      department: textOrNothing,
      employmentType: textOrNothing,
      startDate: textOrNothing,
      managerEmail: textOrNothing,
    }),
    person: Person,
  }),
  run: async (client, { workflow, account, employee, person }) => {
    if (account === null) return NO_ACCOUNT;
    // News about somebody who has left must not bring them back.
    const reopens = workflow === 'onboarding';
    const { vendorUserId, wasOpen } = account;
    const options = { reopens, wasOpen, ownAddresses: addressesOf(person) };
    return client.updatePersonnel(vendorUserId, employee, options);
  },
});
