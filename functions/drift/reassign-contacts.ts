import { handOverStep } from '../vendor/hand-over-step.ts';
import { DriftAccount } from './agents.ts';
import { drift } from './client.ts';

export const handler = handOverStep({
  name: 'DriftReassignContacts',
  client: drift,
  account: DriftAccount,
  run: (client, account, newOwner, journal) => client.reassignContacts(account, newOwner, journal),
  goOn: (client, account, newOwner, journal, from) =>
    client.reassignContactsInParts(account, newOwner, journal, from),
});
