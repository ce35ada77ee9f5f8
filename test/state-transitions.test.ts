import { readFileSync } from 'node:fs';
import { DescribeExecutionCommand, GetExecutionHistoryCommand, SFNClient } from '@aws-sdk/client-sfn';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { APPS } from '../functions/shared/apps.ts';
import { STATE_MACHINE_ARNS } from '../local/aws/step-functions.ts';
import { type Runtime, startRuntime } from '../local/runtime/runtime.ts';
import { stubWideLimits } from './wide-limits.ts';

// Standard workflows are billed by state transition, so what is not a vendor's step has a budget.
const PER_APP = 2;
// Two of them are for the gate.
const PER_RUN = 9;

let runtime: Runtime;

beforeEach(async () => {
  stubWideLimits(vi.stubEnv);
  runtime = await startRuntime({ delayScale: 0.0005 });
});
afterEach(() => runtime.close());

/** The states that a run entered, in order; each is a transition that AWS bills. */
async function statesEntered(sample: string): Promise<string[]> {
  const event = JSON.parse(readFileSync(new URL(`../events/${sample}`, import.meta.url), 'utf8'));
  const { workflow, name } = await runtime.put(event);
  const client = new SFNClient({});
  const executionArn = `${STATE_MACHINE_ARNS[workflow].replace(':stateMachine:', ':execution:')}:${name}`;
  await vi.waitFor(
    async () => {
      const { status } = await client.send(new DescribeExecutionCommand({ executionArn }));
      expect(status).toBe('SUCCEEDED');
    },
    { timeout: 30_000, interval: 100 },
  );
  const { events = [] } = await client.send(
    new GetExecutionHistoryCommand({ executionArn, maxResults: 1000 }),
  );
  return events.flatMap(({ stateEnteredEventDetails }) => stateEnteredEventDetails?.name ?? []);
}

it.each([
  ['onboarding', '1-zoe-is-hired.json'],
  ['offboarding', '3-ann-leaves.json'],
])('%s in every app stays within its state transitions', async (workflow, sample) => {
  const entered = await statesEntered(sample);
  const isVendorStep = (state: string) =>
    APPS.some((app) => state.toLowerCase().startsWith(app)) && !state.endsWith('ChooseWrite');
  const vendorSteps = entered.filter(isVendorStep).length;
  const budget = vendorSteps + PER_APP * APPS.length + PER_RUN;
  console.log(
    `${workflow}: ${entered.length} state transitions, ${vendorSteps} of them vendor steps; budget ${budget}`,
  );
  expect(vendorSteps).toBeGreaterThanOrEqual(APPS.length);
  expect(entered.length).toBeLessThanOrEqual(budget);
});
