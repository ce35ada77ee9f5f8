import * as z from 'zod/mini';
import { appStep } from '../shared/step.ts';
import { shutAccounts } from '../vendor/shut-accounts.ts';
import { MaybeTokenUser, releaseFor } from '../vendor/token-user.ts';
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
  run: (client, { lastWorkingDay, ...leaver }) => {
    const releaseOf = releaseFor(drataApp.surfaces, leaver);
    const isKnown = leaver.person.name !== null;
    return shutAccounts(leaver, (account) =>
      client.deactivatePersonnel(account.vendorUserId, lastWorkingDay, {
        ...releaseOf(account),
        isKnown,
        wasOpen: account.wasOpen,
        // Those of the leaver's first record are handed over later.
        namesControls: !client.handsOverControls || account.vendorUserId !== leaver.account?.vendorUserId,
      }),
    );
  },
});
