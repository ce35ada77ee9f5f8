import { expect, it } from 'vitest';
import type { StepEnd } from '../../local/aws/engine.ts';
import { describeSteps, describeWait, jobOf } from '../../local/commands/progress.ts';

const of = { execution: 'run-1', step: 'PipedriveFindUser', app: 'pipedrive', ms: 12, event: null } as const;
const refused: StepEnd = { ...of, error: 'VendorRateLimitedError', message: 'Pipedrive said 429.' };
const described = (isVerbose = false) => {
  const describe = describeSteps({ isVerbose, delayScale: 1 });
  return (end: StepEnd) => describe(end).replaceAll(/[0-9a-f-]{36}\[\d+m/g, '');
};

it.each([
  ['PipedriveDeactivateUser', 'pipedrive', 'deactivate in Pipedrive'],
  ['DriftwoodListAccounts', 'driftwood', 'list accounts in Driftwood CRM'],
  ['ReconciliationCompare', 'drata', 'compare in Drata'],
  ['WorkflowPrepareOnboarding', null, 'prepare onboarding'],
] as const)('%s of %s is the job: %s', (step, app, job) => {
  expect(jobOf({ step, app })).toBe(job);
});

it('a line speaks of the job, and of the state only where somebody wants it', () => {
  expect(described()({ ...of, status: 'found' })).toBe('  find in Pipedrive: found 12 ms');
  expect(described(true)({ ...of, status: 'found' })).toBe(
    '  find in Pipedrive: found 12 ms PipedriveFindUser',
  );
});

it('a retry says which of how many, when and why', () => {
  const describe = described();
  expect(describe(refused)).toMatch(
    /find in Pipedrive: VendorRateLimitedError; try 2 of \d+ follows within 10 s: Pipedrive said 429\. 12 ms/,
  );
  expect(describe(refused)).toMatch(/try 3 of \d+ follows within 20 s/);
  describe({ ...of, status: 'found' });
  expect(describe(refused)).toMatch(/try 2 of/);
});

it('what is not tried again says no more than its error where the report has the reason', () => {
  const end = { ...of, error: 'VendorAuthError', message: 'No.' };
  expect(described()(end)).toBe('  find in Pipedrive: VendorAuthError 12 ms');
  const conclude = { ...end, step: 'WorkflowConclude', app: null };
  expect(described()(conclude)).toBe('  conclude: VendorAuthError 12 ms');
  const beforeTheWait = { ...end, step: 'PipedriveCheckNewOwner', app: null };
  expect(described()(beforeTheWait)).toBe('  check new owner: VendorAuthError: No. 12 ms');
});

it('a step that takes long says so', () => {
  expect(describeWait(of, 6_000)).toBe('  find in Pipedrive: at work for 6 s');
});
