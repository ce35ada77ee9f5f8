import { WalkInput, walkStep } from '../reconciliation/walk-accounts.ts';
import { step } from '../shared/step.ts';
import { driftwood } from './client.ts';

export const handler = step({
  name: 'DriftwoodListAccounts',
  client: driftwood,
  input: WalkInput,
  run: walkStep,
});
