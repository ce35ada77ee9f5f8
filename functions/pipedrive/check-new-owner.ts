import { step } from '../shared/step.ts';
import { NewOwnerCheck } from '../vendor/new-owner-check.ts';
import { pipedriveHandOver } from './hand-over-client.ts';

export const handler = step({
  name: 'PipedriveCheckNewOwner',
  client: pipedriveHandOver,
  input: NewOwnerCheck,
  run: async (client, { employee, apps, reassignTo }) => {
    const leaver = apps.find(({ app }) => app === 'pipedrive');
    if (leaver === undefined) return { status: 'not_needed' };
    return client.checkNewOwner({ email: employee.email, vendorUserId: leaver.vendorUserId }, reassignTo);
  },
});
