import { WalkInput, walkStep } from '../reconciliation/walk-accounts.ts';
import { workflowStep } from '../shared/step.ts';
import { salesloft } from './client.ts';

export const handler = workflowStep({
  name: 'SalesloftListAccounts',
  client: salesloft,
  input: WalkInput,
  run: walkStep,
});
