import { StopExecutionCommand } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import * as z from 'zod/mini';
import { executionArn, stateMachinesFromEnvironment } from '../../functions/runs/state-machines.ts';
import { HrEvent } from '../../functions/shared/events.ts';
import { type Finding, findingStore } from '../../functions/tables/finding-store.ts';
import { IDENTITY_TABLE } from '../../local/aws/tables.ts';
import { type Runtime, startRuntime } from '../../local/runtime/runtime.ts';
import { hire, hrEvent, newcomer, termination } from '../requests.ts';

let runtime: Runtime;

beforeAll(async () => {
  runtime = await startRuntime({ delayScale: 0.0005 });
});
afterAll(() => runtime.close());

it('the reconciliation shows whose offboarding was cut off while a login is open', async () => {
  const person = newcomer();
  await runtime.play(z.parse(HrEvent, hrEvent('employee.hired', hire(person))));
  const { driftwood } = runtime.vendors;
  const answer = Promise.withResolvers<void>();
  driftwood?.inject({ path: /users-set-active/, until: answer.promise });

  const { name } = await runtime.put(hrEvent('employee.terminated', termination(person)));
  await vi.waitFor(() => expect(driftwood?.journal.at(-1)?.path).toBe('/users-set-active'), 10_000);
  const machines = stateMachinesFromEnvironment();
  await machines.client.send(
    new StopExecutionCommand({ executionArn: executionArn(machines, 'offboarding', name) }),
  );
  const isOpen = () =>
    driftwood?.accounts().some(({ email, isOpen: open }) => email === person.email && open);
  expect(isOpen()).toBe(true);

  driftwood?.heal();
  const { run } = await runtime.reconcile({ apps: ['driftwood'] });
  const findings: Finding[] = [];
  for await (const finding of findingStore(IDENTITY_TABLE).read(run)) findings.push(finding);
  expect(findings.filter(({ employeeId }) => employeeId === person.employeeId)).toMatchObject([
    { kind: 'leaver_can_log_in', app: 'driftwood' },
  ]);
  answer.resolve();
});
