import { appStep } from '../shared/step.ts';
import { FindInput, findAccount, ownersFromEnvironment } from '../vendor/find-account.ts';
import { drift } from './client.ts';

export const handler = appStep({
  name: 'DriftFindAgent',
  client: () => ({ drift: drift(), owners: ownersFromEnvironment() }),
  input: FindInput,
  run: ({ drift, owners }, input) =>
    findAccount({ input, owners, search: drift.findAgent, createsAnew: drift.createsAnew }),
});
