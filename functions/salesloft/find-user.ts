import { appStep } from '../shared/step.ts';
import { FindInput, findAccount, ownersFromEnvironment } from '../vendor/find-account.ts';
import { salesloft } from './client.ts';

export const handler = appStep({
  name: 'SalesloftFindUser',
  client: () => ({ salesloft: salesloft(), owners: ownersFromEnvironment() }),
  input: FindInput,
  run: ({ salesloft, owners }, input) => findAccount({ input, owners, search: salesloft.findUser }),
});
