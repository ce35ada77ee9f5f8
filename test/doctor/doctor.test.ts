import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod/mini';
import { DoctorReport, DoctorStarted } from '../../functions/api/doctor.ts';
import { APP_DESCRIPTIONS } from '../../functions/app-descriptions.ts';
import { APP_TITLES, APPS, type App } from '../../functions/shared/apps.ts';
import { Diagnosis } from '../../functions/tables/diagnosis-store.ts';
import { type Dialect, dialectVariable } from '../../functions/vendor/dialect.ts';
import { type SurfaceDescription, secretName } from '../../functions/vendor/surface.ts';
import { readPolicyFile } from '../../local/commands/policy-file.ts';
import { startApi } from '../../local/runtime/local-api.ts';
import { setLocalPolicy } from '../../local/runtime/local-policy.ts';
import { type Runtime, startRuntime } from '../../local/runtime/runtime.ts';
import { allSimulated, startVendors, type VendorServers } from '../../local/vendors/start-vendors.ts';
import { runCommand } from '../local/command-line.ts';
import { call, keyedUrl } from '../requests.ts';

const DIALECTS = ['guide', 'live'] as const;
const ON = ['rest', 'scim'] as const;
const folder = mkdtempSync(join(tmpdir(), 'tenure-doctor-'));
let vendors: VendorServers;
let runtime: Runtime;

const surfacesOf = (app: App): readonly SurfaceDescription[] => APP_DESCRIPTIONS[app].surfaces;
const tokens = APPS.flatMap(surfacesOf).map((surface): [string, string] => [
  secretName(surface),
  '{"token":"unset"}',
]);

beforeAll(async () => {
  vendors = allSimulated(await startVendors());
  // All apps are real to it: each test says where they are.
  runtime = await startRuntime({ realApps: APPS, secrets: new Map(tokens) });
});
beforeEach(() => {
  vi.unstubAllEnvs();
  setLocalPolicy(runtime.temporaryFolder);
  for (const server of Object.values(vendors)) {
    server.reset();
    // What a test asks with another token or in another dialect is no traffic of the live clients.
    server.expectStrangers();
  }
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await runtime.close();
  await Promise.all(Object.values(vendors).map((server) => server.close()));
});

type Credentials = Partial<Record<'rest' | 'scim', object>>;
type Real = {
  speaks: Dialect;
  set?: Dialect;
  urls?: Partial<Record<'rest' | 'scim', string>>;
  credentials?: Credentials;
};

/** Stores the app's secrets: those that its simulator takes, where no others are given. */
async function useOwnCredentials(app: App, speaks: Dialect, credentials: Credentials = {}): Promise<void> {
  const { tokens: valid, liveCredential } = vendors[app];
  const renewed = speaks === 'live' ? liveCredential() : null;
  const own = { rest: renewed ?? { token: valid.rest }, scim: { token: valid.scim } };
  for (const { vendor, surface } of surfacesOf(app)) {
    const SecretString = JSON.stringify(credentials[surface] ?? own[surface]);
    const SecretId = secretName({ vendor, surface });
    await new SecretsManagerClient({}).send(new PutSecretValueCommand({ SecretId, SecretString }));
  }
}

/** Examines an app that is real, as a dialect of its simulator answers. */
async function examine(app: App, { speaks, set = speaks, urls, credentials }: Real): Promise<Diagnosis> {
  const { liveBaseUrls, baseUrls, liveSettings } = vendors[app];
  await useOwnCredentials(app, speaks, credentials);
  const where = urls ?? (speaks === 'live' ? liveBaseUrls : baseUrls);
  for (const surface of surfacesOf(app)) vi.stubEnv(surface.baseUrlVariable, where[surface.surface] ?? '');
  for (const [name, value] of Object.entries(speaks === 'live' ? liveSettings : {})) vi.stubEnv(name, value);
  vi.stubEnv(dialectVariable(app), set);
  const { output, failure } = await runtime.diagnose({ apps: [app] });
  expect(failure).toBeNull();
  const [diagnosis] = z.parse(z.array(Diagnosis), output);
  if (diagnosis === undefined) throw new Error('nothing was examined');
  // The line of an app has no more room.
  expect(diagnosis.summary.length).toBeLessThanOrEqual(80 - 'wrong Driftwood CRM  '.length);
  expect(diagnosis.status).toBe(faults(diagnosis).length === 0 ? 'ok' : 'wrong');
  return diagnosis;
}

const faults = ({ checks }: Diagnosis) =>
  checks.filter(({ status }) => status === 'wrong').map(({ name, surface }) => `${surface} ${name}`);

const adviceIn = ({ checks }: Diagnosis) => checks.map(({ advice }) => advice);

describe.each(DIALECTS)('an app that speaks %s', (speaks) => {
  it.each(APPS)('is examined without changing anything: %s', async (app) => {
    const diagnosis = await examine(app, { speaks });
    expect(faults(diagnosis)).toEqual([]);
    expect(diagnosis).toMatchObject({ app, dialect: speaks, answers: speaks });
    const { journal, writes } = vendors[app];
    expect(journal.length).toBeGreaterThan(1);
    expect(journal.every(({ dialect }) => dialect === speaks)).toBe(true);
    // A token that has expired is renewed.
    expect(writes().filter(({ path }) => path !== '/auth-refresh-token')).toEqual([]);
  });

  it.each(APPS)('has a token that is not valid: %s', async (app) => {
    const credentials = { rest: { token: 'wrong' }, scim: { token: 'wrong' } };
    const diagnosis = await examine(app, { speaks, credentials });
    expect(faults(diagnosis)).toContain('rest token');
    expect(diagnosis.summary).toMatch(/^refused \(40[13]\) at \//);
    expect(adviceIn(diagnosis)).toContain(`renew tenure/${app}/rest`);
  });

  it.each(APPS)('cannot be reached: %s', async (app) => {
    const { liveBaseUrls, baseUrls } = vendors[app];
    const { rest, scim = rest } = speaks === 'live' ? liveBaseUrls : baseUrls;
    const nowhere = (url: string) => `http://127.0.0.1:9${new URL(url).pathname}`;
    const credentials = { rest: { token: 'x' } };
    const urls = { rest: nowhere(rest), scim: nowhere(scim) };
    const diagnosis = await examine(app, { speaks, urls, credentials });
    expect(faults(diagnosis)).toContain('rest reachable');
    expect(diagnosis.summary).toContain('unreachable: check');
  });

  it.each(['salesloft', 'drift'] as const)('has its tokens on the wrong surfaces: %s', async (app) => {
    const { rest, scim } = vendors[app].tokens;
    const credentials = { rest: { token: scim }, scim: { token: rest } };
    const diagnosis = await examine(app, { speaks, credentials });
    const isWrong = ['token', 'other_surface'].flatMap((name) => ON.map((surface) => `${surface} ${name}`));
    expect(faults(diagnosis).toSorted()).toEqual(isWrong.toSorted());
    expect(adviceIn(diagnosis)).toContain(`replace tenure/${app}/rest`);
    expect(adviceIn(diagnosis)).toContain(`replace tenure/${app}/scim`);
  });

  it.each(['salesloft', 'drift'] as const)('has no SCIM where it is looked for: %s', async (app) => {
    const { liveBaseUrls, baseUrls } = vendors[app];
    const { rest, scim = rest } = speaks === 'live' ? liveBaseUrls : baseUrls;
    vendors[app].inject({ surface: 'scim', status: 404 });
    const diagnosis = await examine(app, { speaks, urls: { rest, scim } });
    expect(faults(diagnosis)).toEqual(['scim scim']);
    expect(diagnosis.summary).toContain('no SCIM there: check');
  });

  it("has a token that is no admin's: pipedrive", async () => {
    vendors.pipedrive.state.tokenIsAdmin = false;
    const diagnosis = await examine('pipedrive', { speaks });
    expect(faults(diagnosis)).toEqual(['rest admin']);
    expect(diagnosis.summary).toBe("no admin's token: replace tenure/pipedrive/rest");
  });

  it("has a token that is no admin's: salesloft", async () => {
    for (const user of vendors.salesloft.state.users) user.role = { id: 1, name: 'User' };
    expect(faults(await examine('salesloft', { speaks }))).toEqual(['rest admin']);
  });

  it('lacks a role that the policy names: pipedrive', async () => {
    const policy = join(folder, 'policy.yaml');
    writeFileSync(
      policy,
      `
rules: [{ name: sales, when: { department: Sales }, apps: [{ app: pipedrive, role: Sales Wizard }] }]
default: { apps: [] }
timeZones: { default: Europe/Berlin }
`,
    );
    setLocalPolicy(runtime.temporaryFolder, readPolicyFile(policy));
    const diagnosis = await examine('pipedrive', { speaks });
    expect(faults(diagnosis)).toEqual(['rest roles']);
    expect(diagnosis.summary).toBe('no role "Sales Wizard": add it, or mend the policy');
  });

  it.each(['pipedrive', 'drata', 'salesloft', 'drift'] as const)(
    'is set to the other dialect, and the setting is named: %s',
    async (app) => {
      const set = speaks === 'live' ? 'guide' : 'live';
      const diagnosis = await examine(app, { speaks, set });
      expect(faults(diagnosis)).toContain('rest dialect');
      expect(diagnosis).toMatchObject({ dialect: set, answers: speaks });
      expect(diagnosis.summary).toContain(
        `answers as ${speaks}, not ${set}: set ${dialectVariable(app)}=${speaks}`,
      );
      expect(vendors[app].writes()).toEqual([]);
    },
  );
});

it('says that a fixed token of Driftwood ends soon', async () => {
  const diagnosis = await examine('driftwood', { speaks: 'guide', set: 'live' });
  expect(faults(diagnosis)).toEqual(['rest dialect']);
  expect(diagnosis.summary).toBe('a fixed token ends after 15 minutes: store what renews it');
});

it('tells whose token it is, which limit the headers tell, and that deactivated users show', async () => {
  const { checks } = await examine('pipedrive', { speaks: 'guide' });
  const findings = Object.fromEntries(checks.map(({ name, finding }) => [name, finding]));
  expect(findings).toMatchObject({ owner: 'user 2', admin: 'admin', scim: 'SCIM not used' });
  expect(findings.limit).toMatch(/^limit 80, 799\d\d left today$/);
  expect(findings.deactivated).toBe('shows deactivated accounts (1)');
});

it('tells that the headers allow less than tenure keeps to', async () => {
  vendors.pipedrive.allow('rest', { capacity: 40, windowMs: 2_000 });
  const diagnosis = await examine('pipedrive', { speaks: 'guide' });
  vendors.pipedrive.allow('rest', vendors.pipedrive.limits.rest);
  expect(diagnosis.summary).toBe('40 calls allowed, tenure keeps to 80: set PIPEDRIVE_PLAN');
});

it('says that there is no secret', async () => {
  const diagnosis = await examine('drata', { speaks: 'guide', credentials: { rest: {} } });
  expect(diagnosis.summary).toBe('no usable secret: store tenure/drata/rest');
});

it('examines through the API, which shows what was found last', async () => {
  await examine('drata', { speaks: 'guide', credentials: { rest: { token: 'wrong' } } });
  const { url, key, close } = await startApi(runtime, 0);
  const at = `${keyedUrl(url, key)}/doctor`;
  const before = z.parse(DoctorReport, JSON.parse((await call(at)).text));
  expect(before.status).toBe('wrong');
  expect(before.apps.find(({ app }) => app === 'drata')?.summary).toContain('refused (401)');

  await useOwnCredentials('drata', 'guide');
  const started = await call(at, 'POST', { apps: ['drata'] });
  expect(started.status).toBe(202);
  const { execution, apps } = z.parse(DoctorStarted, JSON.parse(started.text));
  expect(apps).toEqual(['drata']);
  await runtime.over('doctor', execution);
  const after = z.parse(DoctorReport, JSON.parse((await call(at)).text));
  expect(after.apps.find(({ app }) => app === 'drata')).toMatchObject({ status: 'ok', answers: 'guide' });

  const refused = await call(at, 'POST', { apps: ['salesforce'] });
  expect(refused.status).toBe(422);
  await close();
});

describe('npm start -- doctor', () => {
  it.each(DIALECTS)('finds the simulated company in order, in the dialect %s', async (dialect) => {
    const { code, stdout, stderr } = await runCommand(['doctor', '--dialect', dialect]);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const [place, ...lines] = stdout
      .trimEnd()
      .split('\n\n')
      .flatMap((part) => part.split(/\n(?=ok|wrong)/));
    expect(place).toMatch(/^Real: no app\./);
    expect(lines.map((line) => line.replace(/, .*/, ''))).toEqual(
      APPS.map((app) => `ok    ${APP_TITLES[app].padEnd('Driftwood CRM'.length)}  simulated`),
    );
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80);
  });

  it('exits with 1 where something is wrong, and examines no other app than it is asked to', async () => {
    const secrets = join(folder, 'secrets.json');
    writeFileSync(secrets, JSON.stringify({ 'tenure/drata/rest': { token: 'wrong' } }), { mode: 0o600 });
    // Pipedrive's secret is missing, which is not asked about.
    const env = { DRATA_BASE_URL: vendors.drata.baseUrls.rest, PIPEDRIVE_BASE_URL: 'https://a.example/v1' };
    const words = ['doctor', 'drata', '--secrets', secrets];
    const { code, stdout } = await runCommand(words, { env });
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^Real: Drata \(http\S+\)\. Simulated: no app\.\nState: .*\n\nwrong Drata {10}refused \(401\) at \/personnel: renew tenure\/drata\/rest\n$/,
    );
    const told = await runCommand([...words, '--json'], { env });
    expect(told.code).toBe(1);
    expect(JSON.parse(told.stdout)).toMatchObject({ status: 'wrong', apps: [{ app: 'drata' }] });
  });

  it('knows no other app', async () => {
    const { code, stderr } = await runCommand(['doctor', 'salesforce']);
    expect(code).toBe(2);
    expect(stderr).toContain('doctor: expected one of pipedrive, drata');
  });
});
