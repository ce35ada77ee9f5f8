import { WalkInput, walkStep } from '../reconciliation/walk-accounts.ts';
import { workflowStep } from '../shared/step.ts';
import { pipedrive } from './client.ts';

export const handler = workflowStep({
  name: 'PipedriveListAccounts',
  client: pipedrive,
  input: WalkInput,
  run: walkStep,
});
