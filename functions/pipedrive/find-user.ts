import { appStep } from '../shared/step.ts';
import { FindInput, findAccount, ownersFromEnvironment } from '../vendor/find-account.ts';
import { pipedrive } from './client.ts';

export const handler = appStep({
  name: 'PipedriveFindUser',
  client: () => ({ pipedrive: pipedrive(), owners: ownersFromEnvironment() }),
  input: FindInput,
  run: ({ pipedrive, owners }, input) => findAccount({ input, owners, search: pipedrive.findUser }),
});
