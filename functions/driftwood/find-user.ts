import { appStep } from '../shared/step.ts';
import { FindInput, findAccount, ownersFromEnvironment } from '../vendor/find-account.ts';
import { driftwood } from './client.ts';

export const handler = appStep({
  name: 'DriftwoodFindUser',
  client: () => ({ driftwood: driftwood(), owners: ownersFromEnvironment() }),
  input: FindInput,
  run: ({ driftwood, owners }, input) => findAccount({ input, owners, search: driftwood.findUser }),
});
