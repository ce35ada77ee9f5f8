import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import * as z from 'zod/mini';
import { startLoopbackServer } from '../../local/aws/loopback-server.ts';
import { TOMAS } from '../../local/vendors/company.ts';
import { startPipedrive } from '../../local/vendors/pipedrive.ts';
import { pipedriveUserEvent, pipedriveWebhook } from '../../local/vendors/webhooks.ts';
import {
  call,
  hire,
  hireLater,
  hrEvent,
  inDays,
  keyedUrl,
  newcomer,
  OVER,
  reached,
  runIn,
  termination,
} from '../requests.ts';
import { type Started, spawnCommand, startCommand } from './command-line.ts';
import { attacksOn, leaksOf, watchPorts } from './loopback-scan.ts';

const StartedRuns = z.object({ runs: z.array(z.looseObject({ name: z.string(), status: z.string() })) });

/** `url` has the key in it. */
type Served = { url: string; stop: () => Promise<number | null>; output: () => string };

let started: Started[] = [];
afterEach(async () => {
  for (const { stop, ended } of started) {
    stop();
    await ended;
  }
  started = [];
});

function start(words: string[], env: Record<string, string> = {}, begin = startCommand): Started {
  const command = begin(words, { env });
  started.push(command);
  return command;
}

/** `npm start -- serve` on a free port, once it takes requests. */
async function serve(
  words: string[] = [],
  env: Record<string, string> = {},
  begin = startCommand,
): Promise<Served> {
  const { output, stop, ended } = start(['serve', '--port', '0', ...words], env, begin);
  await expect.poll(output, { timeout: 15_000 }).toMatch(/http:\/\/127\.0\.0\.1:\d+ until Ctrl-C/);
  const [url = ''] = output().match(/http:\/\/127\.0\.0\.1:\d+/) ?? [];
  const [, key = ''] = output().match(/Bearer ([\w-]+)/) ?? [];
  return {
    url: keyedUrl(url, key),
    output,
    stop: async () => {
      stop();
      return (await ended).code;
    },
  };
}

const startedRuns = ({ text }: { text: string }) => z.parse(StartedRuns, JSON.parse(text)).runs;

describe('npm start -- serve', () => {
  it('takes one event and many, and knows a repeat', async () => {
    const { url, stop, output } = await serve(['--fast']);
    const single = await call(`${url}/events`, 'PUT', hrEvent('employee.terminated', termination(TOMAS)));
    expect(single.status).toBe(202);
    const many = Array.from({ length: 5 }, () => hrEvent('employee.hired', hire(newcomer())));
    const batch = await call(`${url}/events`, 'PUT', many);
    const runs = [...startedRuns(single), ...startedRuns(batch)];
    expect(new Set(runs.map(({ name }) => name)).size).toBe(6);
    const over = await Promise.all(runs.map(({ name }) => reached(url, name, OVER)));
    expect(over.map(({ status }) => status)).toEqual(runs.map(() => 'complete'));
    expect(startedRuns(await call(`${url}/events`, 'PUT', many))).toMatchObject(
      many.map(() => ({ status: 'succeeded' })),
    );
    // A report of each run that has ended.
    expect(output().match(/^(on|off)boarding of \S+ \([\w-]+\): complete/gm)).toHaveLength(6);
    expect(output()).toContain('Driftwood CRM (simulated)');
    // One line for a run, and below it its steps.
    for (const { name } of runs) expect(output()).toMatch(new RegExp(`^${name}\\n  `, 'm'));
    expect(
      output()
        .split('\n')
        .filter((line) => line.length > 80),
    ).toEqual([]);
    expect(await stop()).toBe(0);
  });

  it('plays runs at the same time', async () => {
    const { url, stop } = await serve();
    const later = [newcomer(), newcomer()].map((person) => hrEvent('employee.hired', hireLater(person)));
    const now = hrEvent('employee.hired', hire(newcomer()));
    const runs = startedRuns(await call(`${url}/events`, 'PUT', [...later, now]));
    const [first, second, third] = runs.map(({ name }) => name);
    // The first two wait for days.
    await reached(url, first ?? '', ['waiting']);
    await reached(url, second ?? '', ['waiting']);
    expect(await reached(url, third ?? '', OVER)).toMatchObject({ status: 'complete' });
    expect(await stop()).toBe(0);
  });

  it('refuses events with a wrong field, and starts none of them', async () => {
    const { url, stop } = await serve(['--fast']);
    const [good, bad] = [newcomer(), newcomer()];
    const events = [
      hrEvent('employee.hired', hire(good)),
      hrEvent('employee.hired', { ...hire(bad), apps: [{ app: 'slack' }] }),
    ];
    const answer = await call(`${url}/events`, 'PUT', events);
    expect(answer.status).toBe(422);
    expect(JSON.parse(answer.text).errors).toMatchObject([{ path: '1.detail.apps.0.app' }]);
    expect((await call(`${url}/runs?employeeId=${good.employeeId}`)).text).toBe('{"runs":[]}');

    for (const body of [[], {}, 7]) expect((await call(`${url}/events`, 'PUT', body)).status).toBe(422);
    const post = await call(`${url}/events`, 'POST', events);
    expect(post.status).toBe(405);
    expect(post.headers.get('allow')).toBe('PUT');
    await stop();
  });

  it('takes an event without id, time and source, and says what is wrong with one', {
    tags: 'slow',
  }, async () => {
    const { url, stop } = await serve(['--fast']);
    const event = { 'detail-type': 'employee.terminated', detail: termination(TOMAS) };
    const [run] = startedRuns(await call(`${url}/events`, 'PUT', event));
    expect(await reached(url, run?.name ?? '', OVER)).toMatchObject({ status: 'complete' });
    const misspelt = { ...event, detail: { ...event.detail, reasignTo: 'x' } };
    const answer = await call(`${url}/events`, 'PUT', [event, misspelt]);
    expect(answer.status).toBe(422);
    expect(JSON.parse(answer.text).errors).toEqual([
      { path: '1.detail.reasignTo', message: 'did you mean reassignTo?' },
    ]);
    expect(JSON.parse((await call(`${url}/events`, 'PUT', {})).text).errors).toMatchObject([
      { path: 'detail-type', message: expect.stringContaining('is missing') },
    ]);
    await stop();
  });

  it('stops cleanly on Ctrl-C while a run waits, and says that the run is not kept', {
    tags: 'slow',
  }, async () => {
    const { url, stop, output } = await serve([], {}, spawnCommand);
    const { name } = runIn(await call(`${url}/onboardings`, 'POST', hireLater(newcomer())));
    await reached(url, name, ['waiting']);
    expect(output()).toContain('waiting until');
    expect(await stop()).toBe(0);
    expect(output()).toContain('Stopped.');
    expect(output()).not.toMatch(/Error|\bat .*:\d+/);
  });

  it('takes a webhook with the secret of --secrets, and says what came on the bus', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tenure-serve-'));
    const [secrets, password] = [join(folder, 'secrets.json'), 'sixteen or longer'];
    writeFileSync(
      secrets,
      JSON.stringify({ 'tenure/pipedrive/webhook': { user: 'tenure', passwords: [password] } }),
      { mode: 0o600 },
    );
    const { url, stop, output } = await serve(['--secrets', secrets]);
    const { body, headers } = pipedriveWebhook(pipedriveUserEvent('updated', 1), password);
    const answer = await fetch(`${new URL(url).origin}/webhooks/pipedrive`, {
      method: 'POST',
      headers,
      body,
    });
    expect(await answer.json()).toEqual({ status: 'accepted' });
    await expect.poll(output).toContain('on the bus: webhook.received');
    await expect.poll(output).toMatch(/on the bus: webhook.received\n {2}process pipedrive: \w+/);
    await stop();
  });

  it('refuses a moment that this machine cannot wait for, and what waits goes on waiting', async () => {
    const { url, stop } = await serve();
    const leavesIn = (days: number) =>
      termination(TOMAS, { when: 'endOfLastWorkingDay', lastWorkingDay: inDays(days) });
    const { name } = runIn(await call(`${url}/offboardings`, 'POST', leavesIn(3)));
    await reached(url, name, ['waiting']);
    const answer = await call(`${url}/offboardings`, 'POST', leavesIn(60));
    expect(answer.status).toBe(422);
    expect(JSON.parse(answer.text).detail).toContain('24 days at most');
    const event = hrEvent('employee.terminated', leavesIn(60));
    expect((await call(`${url}/events`, 'PUT', event)).status).toBe(422);
    await reached(url, name, ['waiting']);
    await stop();
  });

  it('remembers with --state DIR who is who, and what was done', { tags: 'slow' }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tenure-serve-'));
    const person = newcomer();
    const first = await serve(['--fast', '--state', folder]);
    const { name } = runIn(await call(`${first.url}/onboardings`, 'POST', hire(person)));
    await reached(first.url, name, OVER);
    expect(await first.stop()).toBe(0);

    const second = await serve(['--fast', '--state', folder]);
    const known = await call(`${second.url}/employees/${person.employeeId}`);
    expect(JSON.parse(known.text)).toMatchObject({ profile: { email: person.email } });
    const again = runIn(await call(`${second.url}/onboardings`, 'POST', hire(person)));
    const { report } = await reached(second.url, again.name, OVER);
    expect(report?.apps).toMatchObject([{ status: 'invited', changes: [] }]);
    await second.stop();
  });

  it('has the runs that waited again after a kill with --state DIR, and gives no id out twice', {
    tags: 'slow',
  }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tenure-serve-'));
    const [state, killed] = [join(folder, 'state'), join(folder, 'killed')];
    const first = await serve(['--state', state]);
    const person = newcomer();
    const { name } = runIn(await call(`${first.url}/onboardings`, 'POST', hireLater(person)));
    await reached(first.url, name, ['waiting']);
    const done = runIn(await call(`${first.url}/onboardings`, 'POST', hire(newcomer())));
    const { report } = await reached(first.url, done.name, OVER);
    // What is on disk at this moment is all that a killed process leaves.
    cpSync(state, killed, { recursive: true });
    expect(await first.stop()).toBe(0);
    expect(first.output()).toContain('These runs go on when serve is started with --state');
    expect(first.output()).toContain(`  ${name}`);

    for (const directory of [state, killed]) {
      rmSync(join(directory, 'process-id'), { force: true });
      const second = await serve(['--state', directory]);
      const run = await reached(second.url, name, ['waiting']);
      expect(run).toMatchObject({ employeeId: person.employeeId, origin: { source: 'api' } });
      const list = JSON.parse((await call(`${second.url}/runs?employeeId=${person.employeeId}`)).text);
      expect(list.runs).toMatchObject([{ name, status: 'waiting' }]);
      const next = runIn(await call(`${second.url}/onboardings`, 'POST', hire(newcomer())));
      const { report: later } = await reached(second.url, next.name, OVER);
      expect(later?.status).toBe('complete');
      expect(later?.apps[0]?.vendorUserId).not.toBe(report?.apps[0]?.vendorUserId);
      await second.stop();
    }
  });

  it('says which waiting runs are dropped where nothing is kept', async () => {
    const { url, stop, output } = await serve();
    const { name } = runIn(await call(`${url}/onboardings`, 'POST', hireLater(newcomer())));
    await reached(url, name, ['waiting']);
    await stop();
    expect(output()).toContain('are dropped; send their events again');
    expect(output()).toContain(`  ${name}`);
  });

  it('says what is missing for a real app, and does not begin', async () => {
    const server = await startPipedrive();
    onTestFinished(server.close);
    const { ended, output } = start(['serve', '--port', '0'], { PIPEDRIVE_BASE_URL: server.baseUrls.rest });
    expect((await ended).code).toBe(2);
    expect(output()).toContain('--secrets: expected tenure/pipedrive/rest');
  });

  it('is not served to a web page that calls this machine by a name of its own', async () => {
    const { url, stop } = await serve(['--fast']);
    const headers = { host: 'evil.example' };
    const asked = request(`${new URL(url).origin}/runs?employeeId=E-1005`, { headers }).end();
    const [answer] = await once(asked, 'response');
    answer.resume();
    expect(answer.statusCode).toBe(421);
    await stop();
  });

  it('gives nothing on any of its ports to a caller without the key', async () => {
    const { ports, stop: stopWatching } = watchPorts();
    onTestFinished(stopWatching);
    const { stop } = await serve(['--fast']);
    // Tables, secrets, Step Functions, the bus, the topic, five vendors and the API.
    // A vendor that is simulated in its live dialect too has another one for that.
    expect(ports.length).toBeGreaterThanOrEqual(11);
    // Some of them; test/slow/ tries all.
    const someOf = (port: number) => attacksOn(port).filter((_, index) => index % 20 === 0);
    for (const port of ports) expect(await leaksOf(port, someOf(port))).toEqual([]);
    await stop();
  });

  it('says so when the port is taken', async () => {
    const taken = await startLoopbackServer(() => new Response());
    onTestFinished(taken.close);
    const { port } = new URL(taken.url);
    const { ended, output } = start(['serve', '--port', port]);
    expect((await ended).code).toBe(2);
    expect(output()).toContain(`--port: ${port} is taken`);
  });

  it.each([
    [['serve', 'x.json'], /neither a FILE/],
    [['serve', '--json'], /--json/],
    [['serve', '--port', 'x'], /--port/],
    [['serve', '--port', '65536'], /--port/],
    [['run', 'x.json', '--port', '1'], /--port/],
  ])('does not understand %j', async (words, line) => {
    const { ended, output } = start(words);
    expect((await ended).code).toBe(2);
    expect(output()).toMatch(line);
  });
});
