import { WalkInput, walkStep } from '../reconciliation/walk-accounts.ts';
import { workflowStep } from '../shared/step.ts';
import { drift } from './client.ts';

export const handler = workflowStep({
  name: 'DriftListAccounts',
  client: drift,
  input: WalkInput,
  run: walkStep,
});
