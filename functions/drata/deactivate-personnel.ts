import * as z from 'zod/mini';
import { appStep, NO_ACCOUNT } from '../shared/step.ts';
import { DrataAccount, drata } from './client.ts';

export const handler = appStep({
  name: 'DrataDeactivatePersonnel',
  client: drata,
  input: z.object({ account: z.nullable(DrataAccount), lastWorkingDay: z.iso.date() }),
  run: async (client, { account, lastWorkingDay }) =>
    account === null ? NO_ACCOUNT : client.deactivatePersonnel(account.vendorUserId, lastWorkingDay),
});
