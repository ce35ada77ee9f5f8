import { appStep } from '../shared/step.ts';
import { FindInput, findAccount, ownersFromEnvironment } from '../vendor/find-account.ts';
import { drata } from './client.ts';

export const handler = appStep({
  name: 'DrataFindPersonnel',
  client: () => ({ drata: drata(), owners: ownersFromEnvironment() }),
  input: FindInput,
  run: ({ drata, owners }, input) => findAccount({ input, owners, search: drata.findPersonnel }),
});
