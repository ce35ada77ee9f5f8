import { WalkInput, walkStep } from '../reconciliation/walk-accounts.ts';
import { workflowStep } from '../shared/step.ts';
import { driftwood } from './client.ts';

export const handler = workflowStep({
  name: 'DriftwoodListAccounts',
  client: driftwood,
  input: WalkInput,
  run: walkStep,
});
