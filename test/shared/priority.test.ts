import { expect, it } from 'vitest';
import { currentPriority, withPriorityOf } from '../../functions/shared/priority.ts';

it.each([
  [{ workflow: 'offboarding' }, 'leaver'],
  [{ workflow: 'offboarding', reassignTo: 'mara@northlight.example' }, 'handOver'],
  [{ workflow: 'offboarding', reassignTo: null }, 'handOver'],
  [{ workflow: 'onboarding' }, 'joiner'],
  [{ 'detail-type': 'webhook.received', detail: {} }, 'joiner'],
  [{ workflow: 'reconciliation' }, 'audit'],
  [{ 'detail-type': 'compliance.changed' }, 'audit'],
  [null, 'audit'],
])('%j is of the priority of a %s', (event, priority) => {
  expect(withPriorityOf(event, currentPriority)).toBe(priority);
});

it('is the lowest outside a step', () => {
  expect(currentPriority()).toBe('audit');
});
