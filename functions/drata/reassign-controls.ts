import { handOverStep } from '../vendor/hand-over-step.ts';
import { DrataAccount } from './client.ts';
import { drataHandOver } from './hand-over-controls.ts';

export const handler = handOverStep({
  name: 'DrataReassignControls',
  client: drataHandOver,
  account: DrataAccount,
  run: (client, { vendorUserId }, newOwner, journal) =>
    client.reassignControls(vendorUserId, newOwner, journal),
  goOn: (client, { vendorUserId }, newOwner, journal, from) =>
    client.reassignControlsInParts(vendorUserId, newOwner, journal, from),
});
