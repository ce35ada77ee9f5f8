import { randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import { APPS } from '../../functions/shared/apps.ts';
import type { StepEnd } from '../../local/aws/engine.ts';
import { startRuntime } from '../../local/runtime/runtime.ts';
import { stepFolder } from '../../state-machines/load.ts';
import { Leavers, leaverEmail, NEW_OWNER, Vendors } from './messages.ts';

// A process of its own: the embedded runtime, for which the vendors are real. It is told the vendors first, and then
// whom to terminate.

process.once('message', async (message) => {
  const { baseUrls, secrets } = z.parse(Vendors, message);
  Object.assign(process.env, baseUrls);
  const runtime = await startRuntime({ realApps: APPS, secrets: new Map(secrets), onStepEnd });
  process.on('message', (next) => {
    if (next === 'cpu') tellCpu();
    else terminate(z.parse(Leavers, next), runtime.put);
  });
  process.send?.({ isReady: true });
});

// Whoever stops the benchmark leaves nothing running.
process.once('disconnect', () => process.exit());

let cpuBefore = process.cpuUsage();

function terminate({ from, to }: Leavers, put: (event: unknown) => Promise<{ name: string }>): void {
  cpuBefore = process.cpuUsage();
  process.send?.({ handedOverAt: Date.now() });
  for (let number = from; number < to; number += 1)
    put(termination(number)).catch((error: unknown) => {
      process.send?.({ failed: `WorkflowStart: ${error instanceof Error ? error.name : String(error)}` });
    });
}

function termination(number: number): object {
  const now = new Date().toISOString();
  return {
    id: randomUUID(),
    source: 'hr',
    'detail-type': 'employee.terminated',
    time: now,
    detail: {
      employee: { employeeId: `E-${number}`, email: leaverEmail(number) },
      lastWorkingDay: now.slice(0, 10),
      timeZone: 'Etc/UTC',
      when: 'now',
      reassignTo: NEW_OWNER,
    },
  };
}

function onStepEnd(end: StepEnd): void {
  if (end.step.endsWith('CheckNewOwner')) process.send?.({ ownerCheckedAt: Date.now() });
  if (!('error' in end)) return;
  const { step, error, ms } = end;
  const app = APPS.find((name) => name === stepFolder(step));
  if (error === 'VendorUnavailableError' && app !== undefined) process.send?.({ gaveUp: { app, step, ms } });
  else process.send?.({ failed: `${step}: ${error}` });
}

function tellCpu(): void {
  const { user, system } = process.cpuUsage(cpuBefore);
  process.send?.({ cpuMs: (user + system) / 1000 });
}
