import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { cpSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import * as z from 'zod/mini';
import { needsOf } from '../../cdk/step-needs.ts';
import { handler as provisionSalesloft } from '../../functions/salesloft/provision-user.ts';
import { APPS } from '../../functions/shared/apps.ts';
import { HrEvent } from '../../functions/shared/events.ts';
import type { Handler } from '../../functions/shared/step.ts';
import type { Dialect } from '../../functions/vendor/dialect.ts';
import { handler as processDrift } from '../../functions/webhooks/process-drift.ts';
import { handler as processPipedrive } from '../../functions/webhooks/process-pipedrive.ts';
import { leapingClock } from '../../local/aws/leaping-clock.ts';
import { startRuntime } from '../../local/runtime/runtime.ts';
import { ANN, MARA, PETRA, type Person, ZOE } from '../../local/vendors/company.ts';
import { allSimulated } from '../../local/vendors/start-vendors.ts';
import { loadStateMachine, STATE_MACHINES, stepFolder, stepNames } from '../../state-machines/load.ts';
import { LAMBDA_CONTEXT } from '../lambda-context.ts';
import { inDays, newcomer } from '../requests.ts';
import { stubWideLimits } from '../wide-limits.ts';

// All that tenure does in apps is played, and the secrets that are read are compared with those that may be read.

const CONTACTS = fileURLToPath(new URL('../../events/contacts', import.meta.url));
const STEPS = STATE_MACHINES.flatMap((machine) => stepNames(loadStateMachine(machine)));
const LAMBDAS = [
  ...new Set(STEPS.filter((name) => APPS.some((app) => app === stepFolder(name)))),
  'WebhooksProcessDrift',
  'WebhooksProcessPipedrive',
];

const running = new AsyncLocalStorage<string>();
const read = new Map<string, Set<string>>();
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tenure-read-secrets-'));
  cpSync(CONTACTS, join(folder, 'contacts'), { recursive: true });
  stubWideLimits(vi.stubEnv);
  const { send } = SecretsManagerClient.prototype;
  vi.spyOn(SecretsManagerClient.prototype, 'send').mockImplementation(function (
    this: SecretsManagerClient,
    ...sent: Parameters<typeof send>
  ) {
    const [command] = sent;
    if (command instanceof GetSecretValueCommand) note(command.input.SecretId ?? '');
    return send.apply(this, sent);
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

function note(secret: string): void {
  const lambda = running.getStore() ?? 'nobody';
  read.set(lambda, (read.get(lambda) ?? new Set()).add(secret));
}

/** Plays what makes the steps in apps and the webhooks read all that they ever read. */
async function playAll(dialect: Dialect): Promise<void> {
  let provisioned: unknown;
  const runtime = await startRuntime({
    ...{ dialect, clock: leapingClock(), filesDirectory: folder, delayScale: 0.0001 },
    onStepStart: ({ step }) => running.enterWith(step),
    onStepEnd: ({ step, event }) => {
      if (step === 'SalesloftProvisionUser') provisioned = event;
    },
  });
  const vendors = allSimulated(runtime.vendors);
  const { state } = vendors.pipedrive;
  state.deals = state.deals.filter(({ id }) => id < 1003 || id >= 1200);
  const play = (type: HrEvent['detail-type'], detail: object) =>
    runtime.play(
      z.parse(HrEvent, {
        ...{ id: randomUUID(), source: 'hr', time: new Date().toISOString() },
        ...{ 'detail-type': type, detail },
      }),
    );
  const hire = (person: Person) =>
    play('employee.hired', {
      employee: { ...person, startDate: inDays(3) },
      when: 'now',
      apps: APPS.map((app) => ({
        app,
        ...(app === 'pipedrive' ? { role: 'Account Executive' } : {}),
        ...(app === 'driftwood' ? { passwordEmail: true } : {}),
      })),
    });
  await hire(ZOE);
  // Deactivated everywhere.
  await hire(PETRA);
  await hire(newcomer());
  // As Step Functions invokes a step again whose answer was lost.
  await running.run('SalesloftProvisionUser', () => provisionSalesloft(provisioned, LAMBDA_CONTEXT));
  // Drata still computes the status of the one who was created.
  await runtime.syncCompliance();
  // SCIM does not show the agent any more.
  vendors.drift.inject({ surface: 'scim', method: 'GET', path: /^\/Users\/[^/]+$/, status: 404 });
  const nobody = { status: 200, body: '{"totalResults":0}' };
  vendors.drift.inject({ surface: 'scim', method: 'GET', path: /^\/Users$/, ...nobody });
  const { employeeId } = ZOE;
  await play('employee.updated', { employee: { employeeId, lastName: 'Rivera' } });
  vendors.drift.heal();
  await play('employee.updated', { employee: { employeeId, lastName: 'Rivera-Lind' } });
  await play('employee.terminated', {
    employee: { employeeId: ANN.employeeId, email: ANN.email },
    ...{ lastWorkingDay: inDays(3), timeZone: 'Europe/Berlin', when: 'endOfLastWorkingDay' },
    reassignTo: MARA.email,
  });
  await runtime.reconcile({});
  await runtime.trainingFollowUps();
  await runtime.syncContacts({ file: 'contacts/sample.csv' });
  await runtime.diagnose({ apps: APPS });
  const accounts = await runtime.store.readAccounts(employeeId);
  const userId = Number(accounts.find(({ app }) => app === 'pipedrive')?.vendorUserId);
  await process('WebhooksProcessPipedrive', processPipedrive, {
    ...{ vendor: 'pipedrive', type: 'user.updated', eventId: 'one', userId },
  });
  await process('WebhooksProcessDrift', processDrift, {
    ...{ vendor: 'drift', type: 'new_conversation', eventId: 'two', conversationId: 1, contactId: 1 },
  });
  await runtime.close();
}

/** Invokes a Lambda as EventBridge does. */
const process = (name: string, handler: Handler<unknown>, detail: object) =>
  running.run(name, () => handler({ detail }, LAMBDA_CONTEXT));

const byLambda = (secretsOf: (lambda: string) => Iterable<string>) =>
  Object.fromEntries(LAMBDAS.map((lambda) => [lambda, [...secretsOf(lambda)].sort()]));

/** The secrets that a Lambda has a right to read. */
const readable = (lambda: string) => (needsOf(lambda).secrets ?? []).flatMap(({ names }) => names);

it('every Lambda that calls apps reads exactly the secrets that it may read', async () => {
  vi.stubEnv('PIPEDRIVE_MODE', 'rest');
  await playAll('guide');
  await playAll('live');
  // Nobody may read it in a deployment where it is not used.
  expect([...read.values()].flatMap((names) => [...names])).not.toContain('tenure/pipedrive/scim');
  vi.stubEnv('PIPEDRIVE_MODE', 'scim');
  await playAll('guide');
  expect(byLambda((lambda) => read.get(lambda) ?? [])).toEqual(byLambda(readable));
  expect(read.has('nobody')).toBe(false);
}, 300_000);
