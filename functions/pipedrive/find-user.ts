import { appStep } from '../shared/step.ts';
import { FindInput, findAccount, ownersFromEnvironment } from '../vendor/find-account.ts';
import { pipedrive } from './client.ts';

export const handler = appStep({
  name: 'PipedriveFindUser',
  client: () => ({ pipedrive: pipedrive(), owners: ownersFromEnvironment() }),
  input: FindInput,
  run: async ({ pipedrive, owners }, input) => {
    const found = await findAccount({ input, owners, search: pipedrive.findUser, assignsRoles: true });
    // A role that nobody can give is found before somebody is created, or let in, for it.
    const { person, role = null } = input;
    if (role !== null && person.workflow === 'onboarding') await pipedrive.checkRole(role);
    return found;
  },
});
