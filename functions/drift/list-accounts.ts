import { WalkInput, walkStep } from '../reconciliation/walk-accounts.ts';
import { step } from '../shared/step.ts';
import { drift } from './client.ts';

export const handler = step({
  name: 'DriftListAccounts',
  client: drift,
  input: WalkInput,
  run: walkStep,
});
