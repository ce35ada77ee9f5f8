import { handOverStep } from '../vendor/hand-over-step.ts';
import { PipedriveAccount } from './client.ts';
import { pipedriveHandOver } from './hand-over-client.ts';

export const handler = handOverStep({
  name: 'PipedriveReassignContacts',
  client: pipedriveHandOver,
  account: PipedriveAccount,
  run: (client, { vendorUserId }, reassignTo, journal) =>
    client.reassignContacts(vendorUserId, reassignTo, journal),
  goOn: (client, { vendorUserId }, reassignTo, journal, from) =>
    client.reassignContactsInParts(vendorUserId, reassignTo, journal, from),
});
