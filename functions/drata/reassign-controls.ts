import { handOverStep } from '../vendor/hand-over-step.ts';
import { DrataAccount } from './client.ts';
import { drataHandOver } from './hand-over-controls.ts';

export const handler = handOverStep({
  name: 'DrataReassignControls',
  client: drataHandOver,
  account: DrataAccount,
  run: (client, { vendorUserId }, reassignTo, journal) =>
    client.reassignControls(vendorUserId, reassignTo, journal),
  goOn: (client, { vendorUserId }, reassignTo, journal, from) =>
    client.reassignControlsInParts(vendorUserId, reassignTo, journal, from),
});
