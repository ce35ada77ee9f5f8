import { WalkInput, walkStep } from '../reconciliation/walk-accounts.ts';
import { step } from '../shared/step.ts';
import { drata } from './client.ts';

export const handler = step({
  name: 'DrataListAccounts',
  client: drata,
  input: WalkInput,
  run: walkStep,
});
