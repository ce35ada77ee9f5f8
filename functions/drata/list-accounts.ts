import { WalkInput, walkStep } from '../reconciliation/walk-accounts.ts';
import { workflowStep } from '../shared/step.ts';
import { drata } from './client.ts';

export const handler = workflowStep({
  name: 'DrataListAccounts',
  client: drata,
  input: WalkInput,
  run: walkStep,
});
