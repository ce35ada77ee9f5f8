import { randomUUID } from 'node:crypto';
import type { Context } from 'aws-lambda';
import * as z from 'zod/mini';
import type { Outcome } from '../../functions/shared/outcome.ts';
import type { Handler } from '../../functions/shared/step.ts';
import { type FromTenure, Places } from './messages.ts';

// A process of its own: the Lambda of a hand-over, invoked as the state machine does. It is told where everything is,
// and from which place to go on.

const Begin = z.object({
  bundle: z.string(),
  app: z.enum(['pipedrive', 'drift']),
  run: z.string(),
  place: z.unknown(),
  places: Places,
});

process.once('disconnect', () => process.exit());
process.once('message', async (message) => {
  const { bundle, app, run, place, places } = z.parse(Begin, message);
  Object.assign(process.env, places.environment);
  const { handler }: { handler: Handler<Outcome & { place: unknown }> } = await import(bundle);
  const { leaverId, newOwnerEmail } = places;
  const outcome = {
    status: 'changed',
    account: { vendorUserId: leaverId, scimId: null },
    ...{ others: [], steps: [], changes: [], followUps: [], unwritten: [], held: [] },
  };
  const item = {
    ...{ workflow: 'offboarding', app, employee: { employeeId: 'A-1' } },
    ...{ reassignTo: newOwnerEmail, execution: run, startedAt: '2026-01-01T00:00:00.000Z' },
  };
  const startedAt = performance.now();
  const cpu = process.cpuUsage();
  let rounds = 0;
  let longestRoundMs = 0;
  let peakMb = 0;
  const watch = setInterval(() => {
    peakMb = Math.max(peakMb, process.memoryUsage.rss() / 1e6);
  }, 50);
  const invoke = async (event: object) => {
    const begun = performance.now();
    const result = await handler(event, lambdaContext());
    longestRoundMs = Math.max(longestRoundMs, performance.now() - begun);
    rounds += 1;
    return result;
  };
  const small = async () => {
    try {
      return await invoke({ ...item, outcome });
    } catch (error) {
      if (!(error instanceof Error && error.name === 'HandOverInPartsError')) throw error;
      return null;
    }
  };
  let result = place === null ? await small() : null;
  let at: unknown = place;
  while (result === null || result.place !== null) {
    result = await invoke({ ...item, inParts: true, outcome: { ...outcome, place: at } });
    at = result.place;
    process.send?.({ place: at } satisfies FromTenure);
  }
  clearInterval(watch);
  const [change] = result.changes;
  const facts = { status: result.status, moved: change?.moved ?? 0, ms: performance.now() - startedAt };
  const cpuMs = cpuMsSince(cpu);
  process.send?.({ ...facts, rounds, longestRoundMs, peakMb, cpuMs } satisfies FromTenure);
});

function cpuMsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function lambdaContext(): Context {
  const ends = () => {};
  const until = Date.now() + 895_000;
  return {
    callbackWaitsForEmptyEventLoop: false,
    ...{ functionName: 'bench', functionVersion: '1', invokedFunctionArn: 'arn', memoryLimitInMB: '256' },
    ...{ awsRequestId: randomUUID(), logGroupName: 'bench', logStreamName: 'bench' },
    getRemainingTimeInMillis: () => until - Date.now(),
    ...{ done: ends, fail: ends, succeed: ends },
  };
}
