import { randomBytes, randomInt } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { expect, vi } from 'vitest';
import * as z from 'zod/mini';
import { APPS } from '../functions/shared/apps.ts';
import { HrEvent } from '../functions/shared/events.ts';
import { logger } from '../functions/shared/logger.ts';
import { startApi } from '../local/runtime/local-api.ts';
import { startRuntime } from '../local/runtime/runtime.ts';
import type { VendorServer } from '../local/vendors/vendor-server.ts';
import { runCommand } from './local/command-line.ts';
import { inDays } from './requests.ts';
import { WIDE_LIMITS } from './wide-limits.ts';

/** What a canary stands for. */
type Kind = 'address' | 'name' | 'secret';

/** How much is sent through; each person is hired, changed and leaves. */
export type Amount = { people: number; requests: number; files: number };

/** Random texts that nobody else writes, and what they were found in. */
export function canaries() {
  const all = new Set<string>();
  const found: string[] = [];
  const make = (kind: Kind) => {
    // Lower case, because addresses are compared without it; letters, because names have no digits everywhere.
    const word = Array.from(randomBytes(14), (byte) => String.fromCharCode(97 + (byte % 26))).join('');
    all.add(word);
    if (kind === 'address') return `${word}@northlight.example`;
    return kind === 'name' ? `${word.slice(0, 1).toUpperCase()}${word.slice(1)}` : word;
  };
  const look = (where: string, text: string) => {
    for (const [word] of text.toLowerCase().matchAll(/[a-z]{14,}/g))
      for (let at = 0; at + 14 <= word.length; at += 1)
        if (all.has(word.slice(at, at + 14))) found.push(`${where}: ${text.slice(0, 400)}`);
  };
  return { make, look, found, count: () => all.size };
}
type Canaries = ReturnType<typeof canaries>;

/** Sends canaries through everything, and expects to find none in a log, an error, a refusal or a message. */
export async function expectNoCanary({ people, requests, files }: Amount): Promise<number> {
  const set = canaries();
  await throughCommands(set, files);
  const written: string[] = [];
  let secrets: string[] = [];
  const spies = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, 'write').mockImplementation((chunk) => written.push(String(chunk)) > 0),
  );
  try {
    secrets = await throughRuntime(set, { people, requests });
  } finally {
    for (const spy of spies) spy.mockRestore();
    logger.setLogLevel('SILENT');
  }
  for (const line of written) set.look('log', line);
  const log = written.join('');
  expect(log).toContain('"level"');
  // The tokens and passwords that the runtime has made itself.
  expect(secrets.length).toBeGreaterThan(APPS.length);
  expect(secrets.filter((secret) => log.includes(secret))).toEqual([]);
  expect(set.found).toEqual([]);
  return set.count();
}

/** Returns the tokens and passwords of the simulated apps. */
async function throughRuntime(set: Canaries, { people, requests }: Omit<Amount, 'files'>): Promise<string[]> {
  for (const [name, value] of Object.entries(WIDE_LIMITS)) vi.stubEnv(name, value);
  const runtime = await startRuntime({ delayScale: 0.0001, giveUpAfterSeconds: 60 });
  const api = await startApi(runtime, 0);
  logger.setLogLevel('DEBUG');
  const secrets = await storedSecrets();
  const servers = Object.values(runtime.vendors);
  try {
    for (let person = 0; person < people; person += 1) await throughRuns(set, runtime, servers, person);
    for (let request = 0; request < requests; request += 1) await throughApi(set, api, request);
    for (const { text } of runtime.messages) set.look('message', text);
  } finally {
    await api.close();
    await runtime.close();
    vi.unstubAllEnvs();
  }
  return secrets;
}

const FAULTS = [400, 401, 403, 404, 409, 422, 429, 500, 503];

async function throughRuns(
  set: Canaries,
  runtime: Awaited<ReturnType<typeof startRuntime>>,
  servers: readonly VendorServer[],
  person: number,
): Promise<void> {
  const employeeId = `E-${50_000 + person}`;
  const facts = () => ({
    email: set.make('address'),
    firstName: set.make('name'),
    lastName: set.make('name'),
    title: set.make('name'),
    department: set.make('name'),
    managerEmail: set.make('address'),
  });
  const first = facts();
  const hour = (hours: number) => new Date(Date.UTC(2025, 2, 3, hours)).toISOString();
  const events = [
    [
      'employee.hired',
      {
        employee: { employeeId, ...first, startDate: inDays(3) },
        apps: APPS.map((app) => ({ app, role: 'Wizard' })),
      },
    ],
    [
      'employee.hired',
      { employee: { employeeId, ...first, startDate: inDays(3) }, apps: APPS.map((app) => ({ app })) },
    ],
    ['employee.updated', { employee: { employeeId, ...facts() } }],
    [
      'employee.terminated',
      {
        employee: { employeeId, email: first.email },
        lastWorkingDay: '2025-03-14',
        timeZone: 'Europe/Berlin',
        when: 'now',
        reassignTo: set.make('address'),
      },
    ],
  ] as const;
  for (const [at, [type, detail]] of events.entries()) {
    for (const server of servers) {
      server.heal();
      const body = JSON.stringify({
        message: `${set.make('address')} ${set.make('name')}`,
        token: set.make('secret'),
      });
      const status = FAULTS[(person * events.length + at) % FAULTS.length] ?? 500;
      server.inject({
        path: /./,
        status,
        body,
        every: 2 + (at % 3),
        headers: { 'x-error': set.make('secret') },
      });
    }
    const event = {
      id: `${employeeId}-${at}`,
      source: 'hr',
      time: hour(at),
      'detail-type': type,
      detail: { ...detail, [set.make('name')]: set.make('secret') },
    };
    const ended = await runtime.play(z.parse(HrEvent, event)).catch((error: unknown) => String(error));
    const errors =
      typeof ended === 'string' ? [ended] : ended.apps.map(({ error }) => JSON.stringify(error ?? null));
    for (const error of errors) set.look('error of a run', error);
  }
  for (const server of servers) server.heal();
  // Refused by the function that EventBridge invokes; on AWS the reason is with the dead letter.
  const refused = {
    id: set.make('secret'),
    source: 'hr',
    time: hour(9),
    'detail-type': 'employee.hired',
    detail: {
      employee: { employeeId, ...facts(), email: `${set.make('name')} at home`, startDate: set.make('name') },
      apps: [set.make('name')],
    },
  };
  await runtime
    .put(refused)
    .catch((error: Error) => set.look('refused event', `${error.name} ${error.message}`));
}

const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH'];
const PATHS = [
  '/runs',
  '/employees',
  '/onboardings',
  '/offboardings',
  '/follow-ups',
  '/webhooks/drift',
  '/webhooks/pipedrive',
  '/webhooks/hr',
  '/webhooks/bamboohr',
  '/webhooks/hibob',
  '/plans',
  '/findings',
  '/events',
  '',
];

/** A request that is refused; what a request that is served answers is what it is asked for. */
async function throughApi(set: Canaries, api: { url: string; key: string }, number: number): Promise<void> {
  const method = METHODS[number % METHODS.length] ?? 'GET';
  const base = PATHS[Math.floor(number / METHODS.length) % PATHS.length] ?? '';
  const named = set.make('address');
  const path = randomInt(2) === 0 ? base : `${base}/${encodeURIComponent(named)}`;
  const body = JSON.stringify({
    employee: { employeeId: 7, email: set.make('name'), firstName: set.make('name') },
    nickname: set.make('secret'),
    reason: 5,
  });
  const response = await fetch(
    `${api.url}${path}?employeeId=${set.make('name')}%20x&before=${set.make('secret')}`,
    {
      method,
      headers: {
        authorization: randomInt(3) === 0 ? `Bearer ${set.make('secret')}` : `Bearer ${api.key}`,
        'content-type': randomInt(4) === 0 ? `text/${set.make('secret')}` : 'application/json',
        'idempotency-key': set.make('secret'),
        'x-drift-signature': `sha256=${set.make('secret')}`,
        cookie: set.make('secret'),
      },
      ...(method === 'GET' ? {} : { body: randomInt(3) === 0 ? `{"cut off": "${set.make('secret')}` : body }),
    },
  );
  const text = await response.text();
  // Whoever asks for a run or an employee is told which one there is not.
  if (!response.ok) set.look(`${method} ${base} ${response.status}`, text.replaceAll(named, ''));
}

/** Files that cannot be used, for each command that reads one. */
async function throughCommands(set: Canaries, count: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tenure-canaries-'));
  const file = (name: string, content: string) => {
    const path = join(folder, name);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  };
  const person = () => `${set.make('name')},${set.make('address')} x,${set.make('name')}`;
  const secret = () =>
    JSON.stringify({
      'tenure/drift/rest': { token: { [set.make('secret')]: set.make('secret') } },
      [set.make('secret')]: set.make('secret'),
    });
  for (let round = 0; round < count; round += 1) {
    const calls = [
      [
        'run',
        file(
          'a.json',
          `{"detail-type":"employee.hired","detail":{"employee":{"email":"${set.make('address')}" "${set.make('secret')}"`,
        ),
      ],
      [
        'run',
        file(
          'b.json',
          JSON.stringify({
            'detail-type': 'employee.hired',
            detail: {
              employee: { employeeId: 5, email: `${set.make('name')} x`, firstName: [set.make('name')] },
            },
          }),
        ),
      ],
      ['run', file('c.jsonl', `${set.make('secret')}\n`)],
      [
        'import',
        file('d.csv', `employeeId,email,firstName,lastName\n,${person()}\nE-1,"${person()}\n`),
        '--files',
        folder,
      ],
      ['roster', file('e.csv', `Employee #,Work Email\n,"${person()}\n`), '--files', folder],
      [
        'policy',
        'check',
        file(
          'f.yaml',
          `rules: [{ name: ${set.make('name')}, when: { ${set.make('name')}: [${set.make('address')}`,
        ),
      ],
      ['reconcile', '--secrets', file('g.json', secret()), '--files', folder],
      [
        'reconcile',
        '--secrets',
        file('h.json', `{"tenure/drift/rest": "${set.make('secret')}`),
        '--files',
        folder,
      ],
      ['authorize', 'pipedrive', '--secrets', file('i.json', `["${set.make('secret')}"]`)],
      ['verify', file('j.json', JSON.stringify({ [set.make('name')]: set.make('secret') }))],
    ];
    for (const words of calls) {
      const ended = await runCommand(words, { input: `${set.make('secret')}\n` });
      expect(ended.code, words.join(' ')).not.toBe(0);
      set.look(words.join(' '), `${ended.stdout}${ended.stderr}`);
    }
  }
}

async function storedSecrets(): Promise<string[]> {
  const client = new SecretsManagerClient({});
  const values: string[] = [];
  for (const app of APPS)
    for (const surface of ['rest', 'scim']) {
      const get = new GetSecretValueCommand({ SecretId: `tenure/${app}/${surface}` });
      const { SecretString } = await client.send(get).catch(() => ({ SecretString: undefined }));
      values.push(...((SecretString ?? '').match(/[\w-]{12,}/g) ?? []));
    }
  client.destroy();
  return values;
}
