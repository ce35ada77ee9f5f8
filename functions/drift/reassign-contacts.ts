import { handOverStep } from '../vendor/hand-over-step.ts';
import { DriftAccount } from './agents.ts';
import { drift } from './client.ts';

export const handler = handOverStep({
  name: 'DriftReassignContacts',
  client: drift,
  account: DriftAccount,
  run: (client, account, reassignTo, journal) => client.reassignContacts(account, reassignTo, journal),
  goOn: (client, account, reassignTo, journal, from) =>
    client.reassignContactsInParts(account, reassignTo, journal, from),
});
