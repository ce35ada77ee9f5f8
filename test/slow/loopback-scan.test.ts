import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { startCommand } from '../local/command-line.ts';
import { attacksOn, leaksOf, watchPorts } from '../local/loopback-scan.ts';
import { hireLater, hrEvent, newcomer } from '../requests.ts';

const RANDOM_ATTACKS = 1_000;

/** Starts a command, and waits for what it says once it runs; gives it and the ports that it has opened. */
async function start(words: readonly string[], says: RegExp, env: Record<string, string> = {}) {
  const { ports, stop: stopWatching } = watchPorts();
  const command = startCommand(words, { env });
  await expect.poll(command.output, { timeout: 30_000 }).toMatch(says);
  stopWatching();
  return { ports, command };
}

const text = fc.string({ maxLength: 40, unit: 'grapheme-ascii' });
const attackOn = (port: number) =>
  fc.record({
    method: fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD'),
    path: text.map((path) => `/${encodeURIComponent(path).replaceAll('%2F', '/')}`),
    headers: fc
      .record({
        host: fc.constantFrom(
          `127.0.0.1:${port}`,
          `localhost:${port}`,
          'evil.example',
          'localhost.evil.example',
        ),
        origin: fc.option(fc.constantFrom('null', 'https://evil.example', 'http://localhost', 'file://')),
        authorization: fc.option(text.map((guess) => `Bearer ${Buffer.from(guess).toString('base64url')}`)),
        'x-amz-target': fc.option(fc.constantFrom('DynamoDB_20120810.Scan', 'DynamoDB_20120810.PutItem')),
        'content-type': fc.constantFrom('application/json', 'text/plain', 'application/x-amz-json-1.0'),
      })
      .map((headers) =>
        Object.fromEntries(
          Object.entries(headers).flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
        ),
      ),
    body: fc.constantFrom('', '{}', '{"TableName":"tenure-identity"}'),
  });

async function scan(ports: readonly number[], mostRandom = RANDOM_ATTACKS): Promise<void> {
  for (const port of ports) {
    const random = fc.sample(attackOn(port), mostRandom);
    expect(await leaksOf(port, [...attacksOn(port), ...random])).toEqual([]);
  }
}

it('serve gives nothing to a caller without the key', async () => {
  const { ports, command } = await start(['serve', '--port', '0', '--fast'], /until Ctrl-C/);
  expect(ports.length).toBeGreaterThanOrEqual(10);
  await scan(ports);
  command.stop();
  await command.ended;
}, 120_000);

it('run gives nothing while an event waits', async () => {
  const event = hrEvent('employee.hired', hireLater(newcomer()));
  const file = inFolder('event.json', JSON.stringify(event));
  const { ports, command } = await start(['run', file], /waiting until/);
  expect(ports.length).toBeGreaterThanOrEqual(9);
  await scan(ports);
  command.stop();
  await command.ended;
}, 120_000);

it('authorize gives nothing while it waits for the browser', async () => {
  const environment = { PIPEDRIVE_CLIENT_ID: 'id', PIPEDRIVE_CLIENT_SECRET: 'a secret' };
  const words = ['authorize', 'pipedrive', '--secrets', inFolder('secrets.json', '{}'), '--port', '8921'];
  const { ports, command } = await start(words, /Open this URL/, environment);
  expect(ports).toEqual([8921]);
  await scan(ports);
  // The person declines.
  const [, state = ''] = command.output().match(/[?&]state=([\w-]+)/) ?? [];
  await fetch(`http://127.0.0.1:8921/callback?state=${state}`);
  expect(await command.ended).toMatchObject({ code: 1 });
}, 120_000);

/** A new file in a folder of its own, which only its owner can read. */
function inFolder(name: string, content: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'tenure-scan-'));
  const file = join(folder, name);
  writeFileSync(file, content, { mode: 0o600 });
  return file;
}
