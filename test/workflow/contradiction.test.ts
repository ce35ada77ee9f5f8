import { SFNClient } from '@aws-sdk/client-sfn';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Order } from '../../functions/tables/order-store.ts';
import { contradiction } from '../../functions/workflow/contradiction.ts';
import { memoryOrderStore } from '../runs/memory-order-store.ts';

const order = memoryOrderStore();
const BEN = 'B-1';
const ANN = { employeeId: 'A-1', email: 'ann@northlight.example' };
const run = (workflow: 'onboarding' | 'offboarding') => ({ workflow, name: `${workflow}-1` });
const event = (workflow: 'onboarding' | 'offboarding') => ({
  ...{ eventId: workflow, request: '', run: run(workflow), rescinds: null },
  position: { sequence: null, time: '2026-01-01T00:00:00.000Z' },
});

let status: string;

beforeEach(() => {
  vi.spyOn(SFNClient.prototype, 'send').mockImplementation(async () => ({ status, startDate: new Date() }));
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** Who speaks against a hire of Ann, whose address Ben has too, as Ben's order says. */
async function ofHire(changes: Partial<Order>): Promise<string | null> {
  await order.replace(BEN, await order.read(BEN), {
    ...(await order.read(BEN)),
    last: null,
    active: null,
    ...changes,
  });
  const arns = {
    onboarding: 'a:stateMachine:b',
    offboarding: 'a:stateMachine:c',
    update: 'a:stateMachine:d',
  };
  const sources = {
    order,
    machines: { client: new SFNClient({ region: 'local' }), arns },
    store: { findByAddress: async () => [BEN, ANN.employeeId], readAccounts: async () => [] },
  };
  return contradiction(sources, 'onboarding', ANN, null);
}

it('is whoever is to come, and who is being let in while a termination waits behind', async () => {
  status = 'RUNNING';
  expect(await ofHire({ last: event('onboarding') })).toBe(BEN);
  expect(await ofHire({ last: event('offboarding'), active: run('onboarding') })).toBe(BEN);
});

it('is nobody who leaves, and none whose run broke off', async () => {
  status = 'FAILED';
  expect(await ofHire({ last: event('offboarding') })).toBeNull();
  expect(await ofHire({ last: event('offboarding'), active: run('onboarding') })).toBeNull();
});
