import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SFNClient } from '@aws-sdk/client-sfn';
import { parse } from 'csv-parse/sync';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod/mini';
import { fixOpenLogins } from '../../functions/reconciliation/fix.ts';
import { Summary } from '../../functions/reconciliation/summary.ts';
import { runSourcesFromEnvironment } from '../../functions/runs/run-sources.ts';
import { APPS } from '../../functions/shared/apps.ts';
import { acceptanceStore } from '../../functions/tables/acceptance-store.ts';
import { FINDING_KINDS, Finding, findingStore } from '../../functions/tables/finding-store.ts';
import { GraphRow, graphStore } from '../../functions/tables/graph-store.ts';
import { IDENTITY_TABLE } from '../../local/aws/tables.ts';
import { type Runtime, startRuntime } from '../../local/runtime/runtime.ts';
import { ANN, colleague, KENJI, MARA, PETRA, ZOE } from '../../local/vendors/company.ts';
import { SUBJECTS } from '../contract-subjects.ts';
import { hire, hireLater, hrEvent, termination } from '../requests.ts';
import { stubWideLimits } from '../wide-limits.ts';
import { plantCompany } from './planted-company.ts';

let runtime: Runtime;
let folder: string;

beforeEach(async () => {
  // Two calls a person for the graph, which at Pipedrive's own limit would take seconds.
  stubWideLimits(vi.stubEnv);
  folder = mkdtempSync(join(tmpdir(), 'tenure-reconcile-'));
  runtime = await startRuntime({ delayScale: 0.0005, filesDirectory: folder });
});
afterEach(async () => {
  await runtime.close();
  vi.unstubAllEnvs();
});

async function findingsOf(run: string): Promise<Finding[]> {
  const all: Finding[] = [];
  for await (const finding of findingStore(IDENTITY_TABLE).read(run)) all.push(finding);
  return all;
}
const inShort = (all: readonly Finding[]) =>
  all.map(({ kind, app, employeeId }) => [kind, app, employeeId].join(' ')).sort();

const number = (count: number) => colleague(count).employeeId;
const PLANTED = APPS.flatMap((app) =>
  SUBJECTS[app].company.discrepancies.map(([kind, person]) => [kind, app, person?.employeeId].join(' ')),
).sort();

describe('the sample company', () => {
  beforeEach(() => plantCompany(runtime));

  it('has exactly the planted findings, of every kind, in the table and in both files; no app was written to', async () => {
    const { run, failure } = await runtime.reconcile({ graph: false });
    expect(failure).toBeNull();
    const all = await findingsOf(run);
    expect(inShort(all)).toEqual(PLANTED);
    expect(new Set(all.map(({ kind }) => kind))).toEqual(new Set(FINDING_KINDS));
    const read = (ending: string) => readFileSync(join(folder, 'reconciliation', `${run}.${ending}`), 'utf8');
    expect(z.parse(z.array(Finding), JSON.parse(read('json')))).toEqual(all);
    const rows = parse(read('csv'), { columns: true });
    expect(rows).toHaveLength(all.length);
    expect(Object.keys(rows[0] ?? {})).toEqual(['kind', 'app', 'vendorUserId', 'employeeId', 'detail']);
    for (const text of [read('json'), read('csv')]) expect(text).not.toContain('@');
    for (const vendor of Object.values(runtime.vendors)) expect(vendor.writes()).toEqual([]);
  });

  it('counts the heads of each app once a person, and says who is connected with what', {
    tags: 'slow',
  }, async () => {
    // What was read before he left.
    const nothing = { roles: [], permissions: [], groups: [], managers: [], controls: [] };
    const before = {
      employeeId: KENJI.employeeId,
      vendorUserId: '1',
      verifiedAt: '2026-01-01T00:00:00.000Z',
    };
    await graphStore(IDENTITY_TABLE).write([{ app: 'pipedrive', ...before, ...nothing }]);
    const { run, output } = await runtime.reconcile({});
    const { apps, files } = z.parse(Summary, output);
    const heads = Object.fromEntries(apps.map(({ app, headCount }) => [app, headCount]));
    const { salesloft, drift } = runtime.vendors;
    const team = salesloft?.state.users.filter(({ team_id }) => team_id === 99) ?? [];
    expect(heads.salesloft).toEqual({
      active: team.filter(({ active, accepted }) => active && accepted).length,
      invited: team.filter(({ accepted }) => !accepted).length,
      deactivated: team.filter(({ active }) => !active).length,
      expected: 124,
    });
    // REST and SCIM both list them.
    expect(heads.drift?.active).toBe(drift?.state.agents.filter(({ active }) => active).length);
    expect(files).toContain(`reconciliation/${run}-graph.csv`);
    const rows = z.parse(
      z.array(GraphRow),
      JSON.parse(readFileSync(join(folder, 'reconciliation', `${run}-graph.json`), 'utf8')),
    );
    const of = (app: string) => rows.find((row) => row.app === app && row.employeeId === ANN.employeeId);
    expect(of('drata')).toMatchObject({
      managers: [{ employeeId: MARA.employeeId }],
      controls: [{ name: 'Access Control' }],
    });
    expect(of('salesloft')?.groups.map(({ name }) => name)).toEqual([
      'West Coast Enterprise',
      'West Coast Team',
    ]);
    expect(rows.find((row) => row.employeeId === MARA.employeeId)?.roles).toEqual(['Sales Manager']);
    expect(rows.map(({ employeeId }) => employeeId)).not.toContain(KENJI.employeeId);
  });

  it('is complete without the graph, which a key may not be allowed to read', { tags: 'slow' }, async () => {
    runtime.vendors.drata?.inject({ path: /^\/controls/, status: 403, body: '{}' });
    const { failure, output } = await runtime.reconcile({ apps: ['drata'] });
    expect(failure).toBeNull();
    const [drata] = z.parse(Summary, output).apps;
    expect(drata).toMatchObject({ error: null, headCount: { expected: 125 }, graph: { people: 0 } });
    expect(drata?.graph.error).toMatch(/VendorAuthError: Drata listControls/);
  });

  it('finds the same once more, and nothing of what --fix has mended', { tags: 'slow' }, async () => {
    const { run, failure } = await runtime.reconcile({ graph: false, fix: ['leaver_can_log_in'] });
    expect(failure).toMatch(/employee E-2002: /);
    expect(inShort(await findingsOf(run))).toEqual(PLANTED);
    const runs = await runtime.store.readRuns(number(1));
    expect(runs.map(({ workflow, report }) => [workflow, report?.status])).toEqual([
      ['offboarding', 'complete'],
    ]);
    // In the two apps where the login was open, and in no other.
    expect(runs[0]?.report?.apps.map(({ app }) => app).sort()).toEqual(['driftwood', 'pipedrive']);
    const again = await runtime.reconcile({ graph: false });
    const mended = PLANTED.filter((line) => !/^(leaver_can|records_of_leaver pipedrive).* E-2001/.test(line));
    expect(inShort(await findingsOf(again.run))).toEqual(mended);
  });

  it("does not shut an account that merely has a leaver's address, where the leaver had none", {
    tags: 'slow',
  }, async () => {
    const { failure } = await runtime.reconcile({ graph: false, fix: ['leaver_can_log_in'] });
    expect(failure).toMatch(/employee E-2002: .*Drift account \d+ has the leaver's address.*in the app/);
    expect(runtime.vendors.drift?.writes()).toEqual([]);
    expect(await runtime.store.readRuns(number(2))).toEqual([]);
  });

  it('has a leaver offboarded again who was let in again after the first time', {
    tags: 'slow',
  }, async () => {
    await runtime.reconcile({ graph: false, fix: ['leaver_can_log_in'] });
    const user = runtime.vendors.pipedrive?.state.users.find(({ email }) => email === colleague(1).email);
    if (user === undefined) throw new Error('The colleague is not seeded.');
    // The second time asks for exactly what the first did.
    for (const time of ['once', 'twice']) {
      user.active_flag = true;
      await runtime.reconcile({ graph: false, fix: ['leaver_can_log_in'] });
      expect(user.active_flag, time).toBe(false);
    }
  });

  it('has nobody offboarded when there are more leavers than that can be right', {
    tags: 'slow',
  }, async () => {
    const { run, failure } = await runtime.reconcile({
      graph: false,
      fix: ['leaver_can_log_in'],
      mostFixes: 1,
    });
    expect(failure).toMatch(/More than 1 leavers can still log in, so none was offboarded/);
    expect(inShort(await findingsOf(run))).toEqual(PLANTED);
    for (const vendor of Object.values(runtime.vendors)) expect(vendor.writes()).toEqual([]);
  });

  it('does not take a leaver for offboarded whose open account is another than the recorded one', {
    tags: 'slow',
  }, async () => {
    const { pipedrive } = runtime.vendors;
    const row = await runtime.roster.find('pipedrive', number(1));
    const user = pipedrive?.state.users.find(({ email }) => email === colleague(1).email);
    if (row === null || user === undefined) throw new Error('The leaver is not seeded.');
    await runtime.play(z.parse(z.any(), hrEvent('employee.terminated', termination(colleague(1)))));
    pipedrive?.state.users.push({ ...user, id: 9_900, active_flag: true });
    const { failure } = await runtime.reconcile({ graph: false, fix: ['leaver_can_log_in'] });
    expect(failure).toMatch(/employee E-2001: .*Pipedrive account 9900.*in the app/);
  });

  it('leaves an app alone in which the leaver is hired again by then', { tags: 'slow' }, async () => {
    const row = await runtime.roster.find('pipedrive', number(1));
    const agent = await runtime.roster.find('drift', number(1));
    if (row === null || agent === null) throw new Error('The leaver is not on the roster.');
    await runtime.roster.write({ ...row, login: 'open' });
    await runtime.roster.write({ ...agent, login: 'shut', lastWorkingDay: row.lastWorkingDay });
    const login = {
      kind: 'leaver_can_log_in' as const,
      vendorUserId: null,
      employeeId: number(1),
      detail: 'The employee has left, and the account is open.',
    };
    await findingStore(IDENTITY_TABLE).write('run-1', [
      { ...login, app: 'driftwood' },
      { ...login, app: 'pipedrive' },
      // Recorded under both its ids.
      { ...login, app: 'drift', vendorUserId: agent.otherId },
    ]);
    const fixes = await fixOpenLogins(
      {
        findings: findingStore(IDENTITY_TABLE),
        acceptances: acceptanceStore(IDENTITY_TABLE),
        roster: runtime.roster,
        runs: runSourcesFromEnvironment(),
      },
      { run: 'run-1', fix: ['leaver_can_log_in'], mostFixes: 25 },
    );
    expect(fixes).toMatchObject([{ status: 'started', error: null }]);
    const reported = async () => (await runtime.store.readRuns(number(1)))[0]?.report?.apps;
    const [drift, driftwood] = [{ app: 'drift' }, { app: 'driftwood' }];
    await vi.waitFor(async () => expect(await reported()).toMatchObject([drift, driftwood]), {
      timeout: 30_000,
    });
  });

  it('leaves whoever is being hired again alone, and says so', { tags: 'slow' }, async () => {
    const { name } = await runtime.put(hrEvent('employee.hired', hireLater(colleague(1))));
    const { failure } = await runtime.reconcile({ graph: false, fix: ['leaver_can_log_in'] });
    expect(failure).toContain(
      `employee ${number(1)}: InvalidInputError: The onboarding ${name} was asked for`,
    );
    expect(await runtime.store.readRuns(number(1))).toMatchObject([
      { workflow: 'onboarding', execution: name },
    ]);
  });

  it('leaves a termination alone that waits for its moment, and says so', async () => {
    const sources = runSourcesFromEnvironment();
    const waits = await runtime.put(
      hrEvent('employee.terminated', termination(colleague(1), { apps: [{ app: 'driftwood' }] })),
    );
    vi.spyOn(SFNClient.prototype, 'send').mockImplementation(async () => ({
      status: 'RUNNING',
      startDate: new Date(),
    }));
    const login = {
      kind: 'leaver_can_log_in',
      vendorUserId: null,
      employeeId: number(1),
      detail: '',
    } as const;
    await findingStore(IDENTITY_TABLE).write('run-1', [{ ...login, app: 'driftwood' }]);
    const order = {
      ...sources.order,
      read: async (id: string) => ({ ...(await sources.order.read(id)), active: null }),
    };
    const stores = {
      findings: findingStore(IDENTITY_TABLE),
      acceptances: acceptanceStore(IDENTITY_TABLE),
      roster: runtime.roster,
    };
    const fixes = await fixOpenLogins(
      { ...stores, runs: { ...sources, order } },
      { run: 'run-1', fix: ['leaver_can_log_in'], mostFixes: 25 },
    );
    vi.restoreAllMocks();
    expect(fixes).toMatchObject([
      { status: 'failed', error: expect.stringContaining(`${waits.name} waits`) },
    ]);
  });

  it('does not let one leaver who cannot be offboarded stop the other', { tags: 'slow' }, async () => {
    const row = await runtime.roster.find('drift', number(2));
    const agent = runtime.vendors.drift?.state.agents.find(({ email }) => email === colleague(2).email);
    if (row === null || agent === undefined) throw new Error('The leaver is not seeded.');
    await runtime.roster.write({ ...row, vendorUserId: String(agent.id), lastWorkingDay: null });
    const { failure } = await runtime.reconcile({ graph: false, fix: ['leaver_can_log_in'] });
    expect(failure).toMatch(/employee E-2002: InvalidInputError: .*lastWorkingDay/);
    expect((await runtime.store.readRuns(number(1)))[0]?.report?.status).toBe('complete');
  });

  it('says no more of many failures than Step Functions keeps of an error', { tags: 'slow' }, async () => {
    for (let count = 10; count < 90; count += 1) {
      const row = await runtime.roster.find('driftwood', number(count));
      if (row !== null) await runtime.roster.write({ ...row, login: 'shut', lastWorkingDay: null });
    }
    const { failure } = await runtime.reconcile({
      ...{ graph: false, apps: ['driftwood'], fix: ['leaver_can_log_in'], mostFixes: 100 },
    });
    expect(
      failure?.match(/The roster lacks what an offboarding needs: lastWorkingDay is missing\. Send the/g),
    ).toHaveLength(50);
    expect(failure).toMatch(/and 30 more, in the input of this state/);
  });

  it('reports the other apps when one refuses the credential, and says so', { tags: 'slow' }, async () => {
    runtime.vendors.drata?.inject({ status: 401, body: '{}' });
    const { run, failure } = await runtime.reconcile({});
    expect(failure).toMatch(/Leavers can still log in.*drata: VendorAuthError/);
    expect(inShort(await findingsOf(run))).toEqual(PLANTED.filter((line) => !line.includes(' drata ')));
    expect(readdirSync(join(folder, 'reconciliation'))).toHaveLength(4);
  });

  it('is walked again when somebody is created during the walk', { tags: 'slow' }, async () => {
    const { driftwood } = runtime.vendors;
    if (driftwood === undefined) throw new Error('Driftwood is not simulated.');
    // Between the first and the second page, and ahead of both: one account is moved to the next page.
    const first = driftwood.state.users[0];
    const { journal } = driftwood;
    const push = journal.push.bind(journal);
    let isCreated = false;
    journal.push = (...entries) => {
      if (journal.length === 1 && !isCreated && first !== undefined) {
        isCreated = true;
        const created = {
          ...first,
          id: 'created',
          email: 'created@northlight.example',
          deactivated_at: '2026-01-01',
        };
        driftwood.state.users.unshift(created);
      }
      return push(...entries);
    };
    const { run, failure } = await runtime.reconcile({ graph: false, apps: ['driftwood'] });
    expect(isCreated).toBe(true);
    expect(failure).toBeNull();
    expect(journal.length).toBeGreaterThan(3);
    expect(inShort(await findingsOf(run))).toEqual(PLANTED.filter((line) => line.includes(' driftwood ')));
  });
});

describe('the roster', () => {
  it('comes from the runs: a hire is expected everywhere, a leaver nowhere', { tags: 'slow' }, async () => {
    const everywhere = APPS.map((app) => ({ app }));
    await runtime.play(z.parse(z.any(), hrEvent('employee.hired', hire(ZOE, { apps: everywhere }))));
    await runtime.play(z.parse(z.any(), hrEvent('employee.terminated', termination(ANN))));
    for (const app of APPS) {
      expect(await runtime.roster.find(app, ZOE.employeeId)).toMatchObject({
        login: 'open',
        email: ZOE.email,
      });
      expect(await runtime.roster.find(app, ANN.employeeId)).toMatchObject({
        login: 'shut',
        lastWorkingDay: '2025-03-14',
        reassignTo: MARA.email,
      });
    }
    const drift = await runtime.roster.find('drift', ZOE.employeeId);
    expect(drift?.otherId).toMatch(/^scim:/);
    const { run } = await runtime.reconcile({ graph: false });
    const ours = (await findingsOf(run)).filter(({ employeeId }) => employeeId !== null);
    expect(ours).toEqual([]);
  });

  it('keeps the account of a leaver in an app that did not answer, so that it is found under any address', {
    tags: 'slow',
  }, async () => {
    const apps = [{ app: 'pipedrive' as const }];
    await runtime.play(z.parse(z.any(), hrEvent('employee.hired', hire(ZOE, { apps }))));
    const { pipedrive } = runtime.vendors;
    const user = pipedrive?.state.users.find(({ email }) => email === ZOE.email);
    if (user === undefined) throw new Error('Zoë was not created.');
    user.email = 'zoe@elsewhere.example';
    pipedrive?.inject({ status: 401, body: '{}' });
    await runtime.play(z.parse(z.any(), hrEvent('employee.terminated', termination(ZOE, { apps }))));
    pipedrive?.heal();
    const { run } = await runtime.reconcile({ graph: false, apps: ['pipedrive'] });
    const ours = (await findingsOf(run)).filter(({ vendorUserId }) => vendorUserId === String(user.id));
    expect(inShort(ours)).toEqual([`leaver_can_log_in pipedrive ${ZOE.employeeId}`]);
  });

  it('takes somebody for a leaver whose records nobody can take over, because the logins are shut', {
    tags: 'slow',
  }, async () => {
    await runtime.play(
      z.parse(z.any(), hrEvent('employee.terminated', termination(ANN, { reassignTo: PETRA.email }))),
    );
    expect(await runtime.roster.find('pipedrive', ANN.employeeId)).toMatchObject({ login: 'shut' });
  });

  it('does not take somebody for a leaver of whom it is not decided whose the account is', async () => {
    await runtime.play(z.parse(z.any(), hrEvent('employee.hired', hire(ZOE))));
    const other = { ...ANN, email: ZOE.email };
    await runtime.play(z.parse(z.any(), hrEvent('employee.terminated', termination(other))));
    for (const app of APPS) expect(await runtime.roster.find(app, ANN.employeeId)).toBeNull();
  });
});

describe('bad input', () => {
  it.each([
    [{ apps: ['slack'] }, /apps/],
    [{ apps: ['drift', 'drift'] }, /twice/],
    [{ fix: ['orphan_account'] }, /fix/],
    [{ invitationDays: -1 }, /invitationDays/],
    // What becomes of more would be too long for Step Functions to pass on.
    [{ mostFixes: 501 }, /mostFixes/],
    [{ dryRun: true }, /dryRun/],
    [{ graph: 'no' }, /graph/],
  ])('%j fails before any app is called', async (input, reason) => {
    const { failure } = await runtime.reconcile(input);
    expect(failure).toMatch(reason);
    for (const vendor of Object.values(runtime.vendors)) expect(vendor.journal).toEqual([]);
  });
});

it('never hands a spreadsheet a formula', { tags: 'slow' }, async () => {
  await plantCompany(runtime);
  const role = runtime.vendors.pipedrive?.state.roles.find(({ id }) => id === 3);
  const contractor = runtime.vendors.driftwood?.state.users.at(-1);
  if (role === undefined || contractor === undefined) throw new Error('They are not seeded.');
  role.name = '=HYPERLINK("https://evil.example")';
  contractor.id = '=1+1';
  const { run } = await runtime.reconcile({ graph: false, apps: ['pipedrive', 'driftwood'] });
  const rows: Record<string, string>[] = parse(readFileSync(join(folder, 'reconciliation', `${run}.csv`)), {
    columns: true,
  });
  expect(rows.map(({ vendorUserId }) => vendorUserId)).toContain("'=1+1");
  for (const cell of rows.flatMap((row) => Object.values(row))) expect(cell).not.toMatch(/^[=+\-@\t\r]/);
});
