import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import * as z from 'zod/mini';
import { Problem } from '../../functions/api/problem.ts';
import { ReleasedRuns, Run } from '../../functions/api/schemas.ts';
import { GATE_VARIABLE } from '../../functions/gate/settings.ts';
import type { LoopbackServer } from '../../local/aws/loopback-server.ts';
import { startApi } from '../../local/runtime/local-api.ts';
import { type Runtime, startRuntime } from '../../local/runtime/runtime.ts';
import { systemUser } from '../../local/runtime/system-user.ts';
import { call, hire, keyedUrl, newcomer, reached } from '../requests.ts';

let runtime: Runtime;
let api: LoopbackServer;

beforeAll(async () => {
  runtime = await startRuntime();
  const { url, key, close } = await startApi(runtime, 0);
  api = { url: keyedUrl(url, key), close };
});
beforeEach(() => {
  vi.stubEnv(GATE_VARIABLE, undefined);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await api.close();
  await runtime.close();
});

const post = (path: string, body: unknown) => call(`${api.url}${path}`, 'POST', body);

/** Asks for a hire that needs an approval, and returns its name once it is held. */
async function held(): Promise<string> {
  const { text } = await post('/onboardings', { ...hire(newcomer()), requiresApproval: true });
  const { name } = z.parse(Run, JSON.parse(text));
  await reached(api.url, name, ['held']);
  return name;
}

const REASON = { reason: 'It is right.' };

it.each([
  ['release', 'released', 'complete'],
  ['reject', 'rejected', 'rejected'],
] as const)(
  '%s records who decided and why, and is refused with 409 after that',
  async (how, decision, end) => {
    const name = await held();
    const answer = await post(`/runs/${name}/${how}`, REASON);
    expect(answer.status).toBe(200);
    const { held: kept } = z.parse(Run, JSON.parse(answer.text));
    expect(kept?.decisions).toMatchObject([{ decision, by: systemUser(), ...REASON }]);
    expect((await reached(api.url, name, [end])).status).toBe(end);
    const again = await post(`/runs/${name}/${how}`, REASON);
    expect(again.status).toBe(409);
    expect(again.headers.get('content-type')).toBe('application/problem+json');
    expect(z.parse(Problem, JSON.parse(again.text)).detail).toContain('is not held any more');
  },
);

it.each(['release', 'reject'])(
  '%s answers 404 for an unknown run, and 409 for one that is not held',
  async (how) => {
    for (const unknown of ['none', 'a%2Fb', 'x'.repeat(3000)])
      expect((await post(`/runs/${unknown}/${how}`, REASON)).status).toBe(404);
    const { text } = await post('/onboardings', hire(newcomer()));
    const { name } = z.parse(Run, JSON.parse(text));
    await reached(api.url, name, ['complete']);
    expect((await post(`/runs/${name}/${how}`, REASON)).status).toBe(409);
  },
);

it.each([
  [{}, 'reason'],
  [{ reason: ' ' }, 'reason'],
  [{ reason: 7 }, 'reason'],
  [{ reason: 'x'.repeat(501) }, 'reason'],
  [{ ...REASON, because: 'x' }, 'because'],
])('release and reject answer %j with 422', async (body, path) => {
  for (const how of ['release', 'reject']) {
    const answer = await post(`/runs/none/${how}`, body);
    expect(answer.status).toBe(422);
    expect(z.parse(Problem, JSON.parse(answer.text)).errors.map((error) => error.path)).toContain(path);
  }
  const several = await post('/runs/release', { names: ['none'], ...body });
  expect(several.status).toBe(422);
});

it.each([{ ...REASON }, { ...REASON, names: [] }, { ...REASON, names: 'one' }])(
  'release of several answers %j with 422',
  async (body) => {
    expect((await post('/runs/release', body)).status).toBe(422);
  },
);

it('releases several, and one that cannot be released stops no other', { tags: 'slow' }, async () => {
  const [one, two] = [await held(), await held()];
  const answer = await post('/runs/release', { names: [one, 'none', two], ...REASON });
  expect(answer.status).toBe(200);
  expect(z.parse(ReleasedRuns, JSON.parse(answer.text)).runs).toMatchObject([
    { name: one, status: 'released', problem: null },
    { name: 'none', status: 'refused' },
    { name: two, status: 'released', problem: null },
  ]);
  for (const name of [one, two]) await reached(api.url, name, ['complete']);
});

it('answers 409 to whoever asked for the run, where four eyes are asked for', async () => {
  vi.stubEnv(GATE_VARIABLE, JSON.stringify({ fourEyes: true }));
  const name = await held();
  const answer = await post(`/runs/${name}/release`, REASON);
  expect(answer.status).toBe(409);
  expect(z.parse(Problem, JSON.parse(answer.text)).detail).toContain('asked for by the same person');
  expect((await post(`/runs/${name}/reject`, REASON)).status).toBe(200);
});
