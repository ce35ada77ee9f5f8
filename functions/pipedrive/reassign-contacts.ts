import { handOverStep } from '../vendor/hand-over-step.ts';
import { PipedriveAccount } from './client.ts';
import { pipedriveHandOver } from './hand-over-client.ts';

export const handler = handOverStep({
  name: 'PipedriveReassignContacts',
  client: pipedriveHandOver,
  account: PipedriveAccount,
  run: (client, { vendorUserId }, newOwner, journal) =>
    client.reassignContacts(vendorUserId, newOwner, journal),
  goOn: (client, { vendorUserId }, newOwner, journal, from) =>
    client.reassignContactsInParts(vendorUserId, newOwner, journal, from),
});
