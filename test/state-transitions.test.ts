import { readFileSync } from 'node:fs';
import { DescribeExecutionCommand, GetExecutionHistoryCommand, SFNClient } from '@aws-sdk/client-sfn';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { APPS } from '../functions/shared/apps.ts';
import { STATE_MACHINE_ARNS } from '../local/aws/step-functions.ts';
import { type Runtime, startRuntime } from '../local/runtime/runtime.ts';
import { ANN } from '../local/vendors/company.ts';
import { allSimulated } from '../local/vendors/start-vendors.ts';
import { stubWideLimits } from './wide-limits.ts';

// Standard workflows are billed by state transition, so what is not a vendor's step has a budget.
const PER_APP = 2;
// Two of them are for the gate.
const PER_RUN = 10;

const LONGEST_MS = 300_000;

let runtime: Runtime;

beforeEach(async () => {
  stubWideLimits(vi.stubEnv);
  runtime = await startRuntime({ delayScale: 0.0005 });
});
afterEach(() => runtime.close());

// A hand-over of more than 200 records goes in parts of 200, after one state in which that shows.
const PER_PART = 3;
const RECORDS = 401;

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
    // However busy the machine is.
    { timeout: LONGEST_MS, interval: 100 },
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

it('a hand-over of many records stays within three state transitions a part', {
  tags: 'slow',
  timeout: LONGEST_MS,
}, async () => {
  const { pipedrive } = allSimulated(runtime.vendors);
  const ann = pipedrive.state.users.find(({ email }) => email === ANN.email);
  const [deal] = pipedrive.state.deals;
  if (ann === undefined || deal === undefined) throw new Error('Pipedrive is not seeded.');
  const open = { ...deal, user_id: ann.id, status: 'open' as const };
  pipedrive.state.deals = Array.from({ length: RECORDS }, (_, index) => ({ ...open, id: 10_000 + index }));
  const entered = await statesEntered('3-ann-leaves.json');
  const ofDeals = entered.filter((state) => state.startsWith('PipedriveReassignDeals'));
  expect(ofDeals).toContain('PipedriveReassignDealsInParts');
  expect(ofDeals.length).toBeLessThanOrEqual(1 + PER_PART * Math.ceil(RECORDS / 200));
  expect(entered.filter((state) => state.startsWith('PipedriveReassignContacts'))).toHaveLength(1);
  expect(pipedrive.state.deals.filter(({ user_id }) => user_id === ann.id)).toEqual([]);
  const writes = pipedrive.writes().filter(({ path }) => path.startsWith('/deals/'));
  expect(writes).toHaveLength(RECORDS);
  expect(new Set(writes.map(({ path }) => path)).size).toBe(RECORDS);
});
