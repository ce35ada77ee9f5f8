import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import * as z from 'zod/mini';
import { RunList } from '../../functions/api/schemas.ts';
import { GATE_VARIABLE } from '../../functions/gate/settings.ts';
import { HrEvent } from '../../functions/shared/events.ts';
import type { LoopbackServer } from '../../local/aws/loopback-server.ts';
import { startApi } from '../../local/runtime/local-api.ts';
import { type Runtime, startRuntime } from '../../local/runtime/runtime.ts';
import { call, hrEvent, keyedUrl, newcomer, reached, termination } from '../requests.ts';
import { stubWideLimits } from '../wide-limits.ts';

const ARRIVE = 200;
const MAY_GO = 5;
const WAIT_MS = 240_000;

let runtime: Runtime;
let api: LoopbackServer;
const messages: string[] = [];

beforeAll(async () => {
  stubWideLimits(vi.stubEnv);
  vi.stubEnv(GATE_VARIABLE, '');
  runtime = await startRuntime({ delayScale: 0.0005, onMessage: ({ text }) => messages.push(text) });
  const { url, key, close } = await startApi(runtime, 0);
  api = { url: keyedUrl(url, key), close };
});
afterAll(async () => {
  await api.close();
  await runtime.close();
  vi.unstubAllEnvs();
});

async function runsOf(status: string): Promise<string[]> {
  const names: string[] = [];
  let cursor: string | undefined;
  do {
    const more = cursor === undefined ? '' : `&cursor=${cursor}`;
    const { text } = await call(`${api.url}/runs?status=${status}${more}`);
    const page = z.parse(RunList, JSON.parse(text));
    names.push(...page.runs.map(({ name }) => name));
    cursor = page.cursor;
  } while (cursor !== undefined);
  return names;
}

it(
  `lets ${MAY_GO} of ${ARRIVE} go that arrive at once over the bus, the API and the command line, says so once, and all others on a release`,
  async () => {
    const detail = () => termination(newcomer(), { apps: [{ app: 'driftwood' }] });
    const over = [
      () => runtime.put(hrEvent('employee.terminated', detail())),
      () => call(`${api.url}/offboardings`, 'POST', detail()),
      () => runtime.play(z.parse(HrEvent, hrEvent('employee.terminated', detail()))),
    ];
    await Promise.all(Array.from({ length: ARRIVE }, (_, number) => over[number % over.length]?.()));
    await vi.waitFor(async () => expect(await runsOf('held')).toHaveLength(ARRIVE - MAY_GO), {
      timeout: WAIT_MS,
      interval: 1_000,
    });
    expect(messages.filter((text) => text.includes('is held'))).toHaveLength(1);
    const names = await runsOf('held');
    const answer = await call(`${api.url}/runs/release`, 'POST', { names, reason: 'They have all left.' });
    expect(answer.status).toBe(200);
    for (const name of names) await reached(api.url, name, ['unknown_person', 'complete']);
    expect(await runsOf('held')).toEqual([]);
  },
  2 * WAIT_MS,
);
