import { handOverStep } from '../vendor/hand-over-step.ts';
import { PipedriveAccount } from './client.ts';
import { pipedriveHandOver } from './hand-over-client.ts';

export const handler = handOverStep({
  name: 'PipedriveReassignActivities',
  client: pipedriveHandOver,
  account: PipedriveAccount,
  run: (client, { vendorUserId }, reassignTo, journal) =>
    client.reassignActivities(vendorUserId, reassignTo, journal),
  goOn: (client, { vendorUserId }, reassignTo, journal, from) =>
    client.reassignActivitiesInParts(vendorUserId, reassignTo, journal, from),
});
