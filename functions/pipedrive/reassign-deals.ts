import { handOverStep } from '../vendor/hand-over-step.ts';
import { PipedriveAccount } from './client.ts';
import { pipedriveHandOver } from './hand-over-client.ts';

export const handler = handOverStep({
  name: 'PipedriveReassignDeals',
  client: pipedriveHandOver,
  account: PipedriveAccount,
  run: (client, { vendorUserId }, newOwner, journal) => client.reassignDeals(vendorUserId, newOwner, journal),
  goOn: (client, { vendorUserId }, newOwner, journal, from) =>
    client.reassignDealsInParts(vendorUserId, newOwner, journal, from),
});
