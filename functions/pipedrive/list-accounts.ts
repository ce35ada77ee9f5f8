import { WalkInput, walkStep } from '../reconciliation/walk-accounts.ts';
import { step } from '../shared/step.ts';
import { pipedrive } from './client.ts';

export const handler = step({
  name: 'PipedriveListAccounts',
  client: pipedrive,
  input: WalkInput,
  run: walkStep,
});
