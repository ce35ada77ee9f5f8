import { step } from '../shared/step.ts';
import { NewOwnerCheck } from '../vendor/new-owner-check.ts';
import { drift } from './client.ts';

export const handler = step({
  name: 'DriftCheckNewOwner',
  client: drift,
  input: NewOwnerCheck,
  run: async (client, { employee, apps, reassignTo }) => {
    const leaver = apps.find(({ app }) => app === 'drift');
    if (leaver === undefined) return { status: 'not_needed' };
    return client.checkNewOwner({ email: employee.email, vendorUserId: leaver.vendorUserId }, reassignTo);
  },
});
