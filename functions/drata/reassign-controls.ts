import { handOverStep } from '../vendor/hand-over-step.ts';
import { DrataAccount, drata } from './client.ts';

export const handler = handOverStep({
  name: 'DrataReassignControls',
  client: drata,
  account: DrataAccount,
  run: (client, { vendorUserId }, reassignTo, journal) =>
    client.reassignControls(vendorUserId, reassignTo, journal),
  goOn: (client, { vendorUserId }, reassignTo, journal, from) =>
    client.reassignControlsInParts(vendorUserId, reassignTo, journal, from),
});
