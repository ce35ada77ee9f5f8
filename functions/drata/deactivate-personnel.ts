import * as z from 'zod/mini';
import { appStep } from '../shared/step.ts';
import { shutAccounts } from '../vendor/shut-accounts.ts';
import { MaybeTokenUser, unlessTokenUser } from '../vendor/token-user.ts';
import { drataApp } from './app.ts';
import { DrataAccount, drata } from './client.ts';

export const handler = appStep({
  name: 'DrataDeactivatePersonnel',
  client: drata,
  input: z.extend(MaybeTokenUser, {
    account: z.nullable(DrataAccount),
    others: z.array(DrataAccount),
    lastWorkingDay: z.iso.date(),
  }),
  run: (client, { lastWorkingDay, ...leaver }) =>
    shutAccounts(
      leaver,
      unlessTokenUser(drataApp.surfaces, leaver, ({ vendorUserId }) =>
        client.deactivatePersonnel(vendorUserId, lastWorkingDay, { isKnown: leaver.person.name !== null }),
      ),
    ),
});
