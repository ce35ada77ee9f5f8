import { WalkInput, walkStep } from '../reconciliation/walk-accounts.ts';
import { step } from '../shared/step.ts';
import { salesloft } from './client.ts';

export const handler = step({
  name: 'SalesloftListAccounts',
  client: salesloft,
  input: WalkInput,
  run: walkStep,
});
