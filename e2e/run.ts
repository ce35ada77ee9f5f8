import assert from 'node:assert/strict';
import { relative } from 'node:path';
import { DescribeReplayCommand, ListArchivesCommand, StartReplayCommand } from '@aws-sdk/client-eventbridge';
import { GetExecutionHistoryCommand } from '@aws-sdk/client-sfn';
import * as z from 'zod/mini';
import { Problem } from '../functions/api/problem.ts';
import { Employee, Run, RunList } from '../functions/api/schemas.ts';
import { APPS, type App, forEveryApp } from '../functions/shared/apps.ts';
import { Plan } from '../functions/shared/plan.ts';
import { ANN, KENJI, MARA, TOMAS, ZOE } from '../local/vendors/company.ts';
import { apiClient } from './api-client.ts';
import { type Aws, connect } from './aws.ts';
import { createCaller } from './caller.ts';
import { type Checks, PreparationFailed, seconds, startChecks } from './checks.ts';
import {
  annLeaves,
  type Company,
  everywhere,
  kenjiIsHiredAgain,
  newHire,
  startCompany,
  strangerLeaves,
  tomasLeavesAtOnce,
  zoeIsHired,
} from './company.ts';
import { checkContacts } from './contacts.ts';
import { deploy } from './deploy.ts';
import { type Deployment, deployment } from './deployment.ts';
import { LOG_FILE, startEmulator } from './emulator.ts';
import { assertHandedOver, giveManyContacts } from './hand-over.ts';
import { checkHeldRuns } from './held-runs.ts';
import { checkRoster } from './roster.ts';
import { checkRotation } from './rotation.ts';
import type { Scene } from './scene.ts';
import { checkSchedules } from './schedules.ts';
import { until } from './until.ts';
import { checkWebhooks } from './webhooks.ts';

// The stack, deployed unchanged by the CDK's own command line onto an AWS emulator that is not ours, and used through
// all its triggers by the AWS SDK. emulator.ts says what such a proof cannot show.

const EXIT = { passed: 0, failed: 1, interrupted: 130 };

const interruption = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => interruption.abort());
process.exitCode = await main(interruption.signal);

async function main(signal: AbortSignal): Promise<number> {
  const checks = startChecks(signal);
  const startedAt = performance.now();
  const company = await startCompany();
  try {
    await checkOnEmulator(company, checks, signal);
  } catch (error) {
    if (!(error instanceof PreparationFailed) && !signal.aborted) throw error;
  } finally {
    await company.close();
  }
  if (signal.aborted) return EXIT.interrupted;
  console.log(`\nAll of it took ${seconds(performance.now() - startedAt)}.`);
  console.log(`${checks.passed()} passed, ${checks.failed()} failed`);
  return checks.failed() === 0 ? EXIT.passed : EXIT.failed;
}

async function checkOnEmulator(company: Company, checks: Checks, signal: AbortSignal): Promise<void> {
  console.log('The deployment');
  const emulator = await checks.prepare('the emulator starts', () => startEmulator(signal));
  try {
    const outputs = await checks.prepare('the stack is bootstrapped and deployed', () =>
      deploy(emulator, company.baseUrls, signal),
    );
    const aws = connect(emulator);
    const { url, apiId } = emulator.api(outputs.ApiUrl);
    const caller = await checks.prepare('somebody is allowed to call the API', () =>
      createCaller(aws, 'hr-portal', apiId),
    );
    const api = apiClient(url, aws.region, caller);
    const deployed = deployment(aws, outputs, signal);
    const scene = { company, aws, api, deployed, checks, signal };
    await checkSecrets(scene);
    await checkEvents(scene);
    await checkApi(scene);
    await checkHeldRuns(scene);
    await checkConsole(scene);
    await checkChanges(scene);
    await checkDeadLetters(scene);
    await checkReplay(scene);
    await checkWebhooks(scene);
    await checkSchedules(scene);
    await checkContacts(scene);
    await checkRoster(scene);
    await checkRotation(scene);
    await checkRecords(scene);
    printRuns(deployed);
  } finally {
    await emulator.stop();
    if (checks.failed() > 0)
      console.log(`\nWhat the emulator and the Lambdas logged is in ${relative(process.cwd(), LOG_FILE)}.`);
  }
}

async function checkSecrets({ company, deployed, checks }: Scene): Promise<void> {
  console.log('\nSecrets');
  const { employeeId } = zoeIsHired.detail.employee;

  await checks.check(
    'as deployed hold no token: a hire fails readably, and no vendor is called',
    async () => {
      await deployed.putEvents({ type: 'employee.hired', detail: zoeIsHired.detail });
      const run = await deployed.nthRun('onboarding', employeeId, 1);
      assert.equal(run.status, 'FAILED');
      const report = await deployed.report(employeeId, run);
      assert.deepEqual(statuses(report), everywhere('failed'));
      for (const { app, error } of report.apps)
        assert.match(error?.message ?? '', new RegExp(`The secret tenure/${app}/\\w+ .*Store {"token"`));
      assert.deepEqual(company.requests(), []);
    },
  );

  await checks.check('are stored through the Secrets Manager API', async () => {
    for (const [name, value] of company.secrets) await deployed.storeSecret(name, value);
  });
}

async function checkEvents(scene: Scene): Promise<void> {
  const { company, deployed, checks } = scene;
  console.log('\nEvents on the bus');
  const { employeeId } = zoeIsHired.detail.employee;

  await checks.check('a hire that failed is sent again and gets its accounts in every app', async () => {
    await deployed.putEvents({ type: 'employee.hired', detail: zoeIsHired.detail });
    const run = await deployed.nthRun('onboarding', employeeId, 2);
    assert.equal(run.status, 'SUCCEEDED', run.cause);
    assert.deepEqual(company.accounts(ZOE.email), everywhere([true]));
    const report = await deployed.report(employeeId, run);
    assert.equal(report.status, 'complete');
    await expectMappings(scene, employeeId, run.name);
  });

  await checks.check('the same hire in a new event is looked at again, and nothing is written', async () => {
    company.forget();
    await deployed.putEvents({ type: 'employee.hired', detail: zoeIsHired.detail });
    const run = await deployed.nthRun('onboarding', employeeId, 3);
    const once = { ...everywhere('already_done'), salesloft: 'invited', driftwood: 'invited' };
    assert.deepEqual(statuses(await deployed.report(employeeId, run)), once);
    assert.deepEqual(company.writes(), []);
  });

  await checks.check('a leaver is shut out of every app, and the open deals change hands', async () => {
    const { state } = company.vendors.pipedrive;
    const openDeals = (email: string) => {
      const owner = state.users.find((user) => user.email === email);
      return state.deals.filter(({ user_id, status }) => user_id === owner?.id && status === 'open').length;
    };
    const before = { ann: openDeals(ANN.email), mara: openDeals(MARA.email) };
    assert.ok(before.ann > 0);
    giveManyContacts(scene);
    company.forget();
    await deployed.putEvents({ type: 'employee.terminated', detail: annLeaves.detail });
    const run = await deployed.nthRun('offboarding', ANN.employeeId, 1);
    assert.equal(run.status, 'SUCCEEDED', run.cause);
    assert.deepEqual(company.accounts(ANN.email), everywhere([false]));
    assert.deepEqual(
      { ann: openDeals(ANN.email), mara: openDeals(MARA.email) },
      { ann: 0, mara: before.ann + before.mara },
    );
    const report = await deployed.report(ANN.employeeId, run);
    assert.deepEqual(statuses(report), everywhere('done'));
    assertHandedOver(scene, report.apps.find(({ app }) => app === 'pipedrive')?.changes ?? []);
    await expectMappings(scene, ANN.employeeId, run.name);
  });

  await checks.check(
    'the same leaver in a new event is looked at again, and nothing is written',
    async () => {
      company.forget();
      await deployed.putEvents({ type: 'employee.terminated', detail: annLeaves.detail });
      const run = await deployed.nthRun('offboarding', ANN.employeeId, 2);
      assert.deepEqual(statuses(await deployed.report(ANN.employeeId, run)), everywhere('already_done'));
      assert.deepEqual(company.writes(), []);
    },
  );
}

async function checkApi(scene: Scene): Promise<void> {
  const { api, aws, company, deployed, checks, signal } = scene;
  console.log('\nThe API');
  const { detail } = kenjiIsHiredAgain;
  const { employeeId } = detail.employee;
  const headers = { 'idempotency-key': 'hire-of-kenji' };
  const hire = { method: 'POST', path: '/onboardings', body: detail, headers } as const;

  await checks.check('refuses who has no credentials, wrong ones, or ones that allow nothing', async () => {
    assert.equal((await api.sendUnsigned(hire)).status, 403);
    const stranger = await createCaller(aws, 'stranger');
    assert.equal((await api.send(hire, stranger)).status, 403);
    const forged = { accessKeyId: api.credentials.accessKeyId, secretAccessKey: 'guessed' };
    assert.equal((await api.send(hire, forged)).status, 403);
    assert.equal(await deployed.countRuns('onboarding', employeeId), 0);
  });

  await checks.check(
    'POST /onboardings starts a run, and GET /runs/{name} follows it to its report',
    async () => {
      const answer = await api.send(hire);
      assert.equal(answer.status, 202);
      const { name } = z.parse(Run, answer.body);
      assert.equal(answer.location, `/runs/${name}`);
      await deployed.runByName('onboarding', name);
      const run = z.parse(Run, (await api.send({ method: 'GET', path: `/runs/${name}` })).body);
      assert.equal(run.status, 'complete');
      assert.equal(run.report?.status, 'complete');
      assert.deepEqual(company.accounts(KENJI.email), everywhere([true]));
      await expectMappings(scene, employeeId, name);
    },
  );

  await checks.check('a repeat with the same Idempotency-Key answers 200 with the same run', async () => {
    company.forget();
    const repeat = await api.send(hire);
    assert.equal(repeat.status, 200);
    assert.equal(z.parse(Run, repeat.body).status, 'complete');
    assert.equal(await deployed.countRuns('onboarding', employeeId), 1);
    assert.deepEqual(company.requests(), []);
  });

  await checks.check('GET /runs and GET /employees/{employeeId} tell what is known of a person', async () => {
    const query = { employeeId };
    const { runs } = z.parse(RunList, (await api.send({ method: 'GET', path: '/runs', query })).body);
    assert.deepEqual(
      runs.map(({ workflow, status }) => [workflow, status]),
      [['onboarding', 'complete']],
    );
    const answer = await api.send({ method: 'GET', path: `/employees/${employeeId}` });
    const { profile, accounts } = z.parse(Employee, answer.body);
    assert.equal(profile?.email, KENJI.email);
    for (const app of APPS) assert.equal(accounts[app]?.execution, runs[0]?.name);
    const nobody = await api.send({ method: 'GET', path: '/employees/E-0000' });
    assert.equal(nobody.status, 404);
    z.parse(Problem, nobody.body);
  });

  let planned: Plan | undefined;
  await checks.check('POST /plans shows what would change, and writes nothing in any app', async () => {
    company.forget();
    const body = { workflow: 'offboarding', detail: tomasLeavesAtOnce.detail };
    const answer = await api.send({ method: 'POST', path: '/plans', body });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    planned = z.parse(Plan, answer.body);
    assert.equal(planned.status, 'go');
    assert.ok(planned.apps.flatMap(({ writes }) => writes).length > 3);
    assert.ok(company.requests().length > 3);
    assert.deepEqual(company.writes(), []);
    const unknown = { ...tomasLeavesAtOnce.detail, planId: '0'.repeat(32) };
    assert.equal((await api.send({ method: 'POST', path: '/offboardings', body: unknown })).status, 404);
  });

  await checks.check(
    'POST /offboardings with its id shuts who has an account, and says where there is none',
    async () => {
      const before = company.accounts(TOMAS.email);
      assert.ok(Object.values(before).some((accounts) => accounts.length === 0));
      const body = { ...tomasLeavesAtOnce.detail, planId: planned?.planId };
      const answer = await api.send({ method: 'POST', path: '/offboardings', body });
      assert.equal(answer.status, 202);
      const run = await deployed.runByName('offboarding', z.parse(Run, answer.body).name);
      assert.equal(run.status, 'SUCCEEDED', run.cause);
      const report = await deployed.report(TOMAS.employeeId, run);
      const hadOne = (app: App) => before[app].length === 1;
      assert.deepEqual(
        statuses(report),
        forEveryApp((app) => (hadOne(app) ? 'done' : 'not_found')),
      );
      assert.deepEqual(
        company.accounts(TOMAS.email),
        forEveryApp((app) => (hadOne(app) ? [false] : [])),
      );
      const writes = planned?.apps.flatMap(({ writes: inApp }) => inApp) ?? [];
      assert.equal(company.writes().length, writes.length);
    },
  );

  await checks.check('names every field that is wrong, and starts nothing', async () => {
    const body = { ...detail, employee: { ...detail.employee, email: 'nowhere', startDate: 'soon' } };
    const answer = await api.send({ ...hire, headers: {}, body });
    assert.equal(answer.status, 422);
    assert.match(answer.contentType, /^application\/problem\+json/);
    const { errors } = z.parse(Problem, answer.body);
    assert.deepEqual(errors.map(({ path }) => path).sort(), ['employee.email', 'employee.startDate']);
    assert.equal(await deployed.countRuns('onboarding', employeeId), 1);
  });

  await checks.check('DELETE /runs/{name} stops a run that waits for its moment', async () => {
    company.forget();
    const startDate = new Date(Date.now() + 200 * 86_400_000).toISOString().slice(0, 10);
    const later = newHire('E-3001', 'Lena');
    const body = { ...later, employee: { ...later.employee, startDate }, when: 'startDate' };
    const { name } = z.parse(Run, (await api.send({ ...hire, headers: {}, body })).body);
    const path = `/runs/${name}`;
    await until(
      async () =>
        z.parse(Run, (await api.send({ method: 'GET', path })).body).status === 'waiting' ? true : undefined,
      { what: `${name} to wait for its moment`, timeoutMs: 15_000, signal },
    );
    const answer = await api.send({ method: 'DELETE', path });
    assert.equal(answer.status, 200);
    assert.equal(z.parse(Run, answer.body).status, 'stopped');
    assert.equal((await api.send({ method: 'DELETE', path })).status, 409);
    assert.deepEqual(company.requests(), []);
  });
}

async function checkConsole(scene: Scene): Promise<void> {
  const { api, aws, company, deployed, checks } = scene;
  console.log('\nExecutions started by hand');

  await checks.check('take the detail of an event as their input', async () => {
    const detail = newHire('E-3002', 'Ines');
    const { employeeId, email } = detail.employee;
    const run = await deployed.runByName('onboarding', await deployed.startByHand('onboarding', detail));
    assert.equal(run.status, 'SUCCEEDED', run.cause);
    assert.deepEqual(company.accounts(email), everywhere([true]));
    await expectMappings(scene, employeeId, run.name);
    const answer = await api.send({ method: 'GET', path: `/runs/${run.name}` });
    assert.equal(z.parse(Run, answer.body).report?.status, 'complete');
  });

  await checks.check(
    'fail in the first state when the input is bad, before any vendor is called',
    async () => {
      company.forget();
      const { employee, ...rest } = newHire('E-3003', 'Bo');
      const input = { ...rest, employee: { ...employee, email: 'nowhere' } };
      const run = await deployed.runByName('onboarding', await deployed.startByHand('onboarding', input));
      assert.equal(run.status, 'FAILED');
      assert.match(run.cause ?? '', /WorkflowPrepareOnboarding cannot use its input\. employee\.email:/);
      const { events = [] } = await aws.stepFunctions.send(
        new GetExecutionHistoryCommand({ executionArn: run.arn }),
      );
      const states = events.flatMap(({ stateEnteredEventDetails }) => stateEnteredEventDetails?.name ?? []);
      assert.deepEqual(states, ['WorkflowPrepareOnboarding']);
      assert.deepEqual(company.requests(), []);
    },
  );
}

async function checkChanges({ company, deployed, checks }: Scene): Promise<void> {
  console.log('\nChanges and changes of mind');
  const detail = newHire('E-3005', 'Mira');
  const { employeeId, email } = detail.employee;
  const leaves = { ...strangerLeaves(), employee: { employeeId, email } };

  await checks.check('what is new about an employee is in the profile, and goes to the apps', async () => {
    await deployed.putEvents({ type: 'employee.hired', detail });
    assert.equal((await deployed.nthRun('onboarding', employeeId, 1)).status, 'SUCCEEDED');
    const news = { employeeId, lastName: 'Nilsson', title: 'Head of Sales' };
    await deployed.putEvents({ type: 'employee.updated', detail: { employee: news } });
    const run = await deployed.nthRun('update', employeeId, 1);
    assert.equal(run.status, 'SUCCEEDED', run.cause);
    const profile = await deployed.store.readProfile(employeeId);
    assert.deepEqual([profile?.lastName, profile?.title], [news.lastName, news.title]);
    assert.equal((await deployed.report(employeeId, run)).status, 'complete');
    assert.deepEqual(company.accounts(email), everywhere([true]));
  });

  await checks.check('a termination that is rescinded brings back what it has shut', async () => {
    await deployed.putEvents({ type: 'employee.terminated', detail: leaves });
    assert.equal((await deployed.nthRun('offboarding', employeeId, 1)).status, 'SUCCEEDED');
    assert.deepEqual(company.accounts(email), everywhere([false]));
    await deployed.putEvents({ type: 'termination.rescinded', detail: { employee: { employeeId } } });
    const run = await deployed.nthRun('onboarding', employeeId, 2);
    assert.equal(run.status, 'SUCCEEDED', run.cause);
    assert.deepEqual(company.accounts(email), everywhere([true]));
  });
}

async function checkDeadLetters({ company, deployed, checks }: Scene): Promise<void> {
  console.log('\nDead letters');
  const { employee, ...rest } = newHire('E-3004', 'Noor');
  const { employeeId, email } = employee;
  const malformed = { ...rest, employee: { ...employee, email: 'nowhere' } };

  await checks.check(
    'an event that is wrong starts nothing, and ends in the queue with its reason',
    async () => {
      company.forget();
      await deployed.putEvents({ type: 'employee.hired', detail: malformed });
      await deployed.settle();
      assert.equal(await deployed.countRuns('onboarding', employeeId), 0);
      assert.deepEqual(company.writes(), []);

      await deployed.invokeTarget({ ...zoeIsHired, detail: malformed });
      const { requestPayload, responsePayload } = await deployed.takeDeadLetter();
      assert.match(
        responsePayload.errorMessage,
        /WorkflowStart cannot use its input\. detail\.employee\.email:/,
      );
      assert.deepEqual(requestPayload.detail, malformed);
    },
  );

  await checks.check('once mended, it is sent again and runs to its end', async () => {
    await deployed.putEvents({ type: 'employee.hired', detail: { ...rest, employee } });
    const run = await deployed.nthRun('onboarding', employeeId, 1);
    assert.equal(run.status, 'SUCCEEDED', run.cause);
    assert.deepEqual(company.accounts(email), everywhere([true]));
  });
}

async function checkReplay({ aws, company, deployed, checks, signal }: Scene): Promise<void> {
  console.log('\nThe archive');

  await checks.check('replays what the bus received, and nothing is done a second time', async () => {
    company.forget();
    const runs = () =>
      Promise.all([
        deployed.countRuns('onboarding', ZOE.employeeId),
        deployed.countRuns('onboarding', 'E-3004'),
        deployed.countRuns('offboarding', ANN.employeeId),
      ]);
    assert.deepEqual(await runs(), [3, 1, 2]);
    await replayAll(aws, signal);
    await deployed.settle();
    assert.deepEqual(await runs(), [3, 1, 2]);
    assert.deepEqual(company.writes(), []);
  });
}

async function checkRecords({ company, deployed, checks }: Scene): Promise<void> {
  console.log('\nThe records');

  await checks.check('of all these runs hold no token', async () => {
    const records = await deployed.records();
    assert.ok(records.includes(ZOE.email) && records.includes(ANN.email));
    for (const token of company.tokens) assert.ok(!records.includes(token));
  });
}

async function replayAll({ events }: Aws, signal: AbortSignal): Promise<void> {
  const { Archives = [] } = await events.send(new ListArchivesCommand({}));
  const [archive] = Archives;
  assert.ok(archive?.EventSourceArn !== undefined && Archives.length === 1);
  assert.ok((archive.EventCount ?? 0) > 0);
  const ReplayName = 'everything';
  const now = Date.now();
  await events.send(
    new StartReplayCommand({
      ReplayName,
      EventSourceArn: archive.EventSourceArn.replace(/:event-bus\/.*/, `:archive/${archive.ArchiveName}`),
      EventStartTime: new Date(now - 3_600_000),
      EventEndTime: new Date(now),
      Destination: { Arn: archive.EventSourceArn },
    }),
  );
  await until(
    async () => {
      const { State } = await events.send(new DescribeReplayCommand({ ReplayName }));
      return State === 'COMPLETED' ? true : undefined;
    },
    { what: 'the replay to complete', timeoutMs: 15_000, signal },
  );
}

/** Who is who, from the employee's side and from each account's. */
async function expectMappings({ deployed }: Scene, employeeId: string, execution: string): Promise<void> {
  const accounts = await deployed.store.readAccounts(employeeId);
  assert.deepEqual(accounts.map(({ app }) => app).sort(), [...APPS].sort());
  for (const { app, vendorUserId, execution: writtenBy } of accounts) {
    assert.equal(writtenBy, execution);
    assert.equal(await deployed.store.findOwner(app, vendorUserId), employeeId);
  }
}

function statuses({ apps }: { apps: readonly { app: string; status: string }[] }): Record<string, string> {
  return Object.fromEntries(apps.map(({ app, status }) => [app, status]));
}

function printRuns({ ended }: Deployment): void {
  console.log('\nTime per run, from its start to its end');
  for (const { name, status, ms } of ended) console.log(`  ${seconds(ms).padStart(7)}  ${status}  ${name}`);
}
