import * as z from 'zod/mini';
import { appStep } from '../shared/step.ts';
import { Person } from '../vendor/find-account.ts';
import { shutAccounts } from '../vendor/shut-accounts.ts';
import { DrataAccount, drata } from './client.ts';

export const handler = appStep({
  name: 'DrataDeactivatePersonnel',
  client: drata,
  input: z.object({
    account: z.nullable(DrataAccount),
    others: z.array(DrataAccount),
    lastWorkingDay: z.iso.date(),
    person: Person,
  }),
  run: (client, { lastWorkingDay, person, ...leaver }) =>
    shutAccounts(leaver, ({ vendorUserId }) =>
      client.deactivatePersonnel(vendorUserId, lastWorkingDay, {
        isKnown: person.name !== null,
        // Those of the leaver's first record are handed over later.
        namesControls: !client.handsOverControls || vendorUserId !== leaver.account?.vendorUserId,
      }),
    ),
});
