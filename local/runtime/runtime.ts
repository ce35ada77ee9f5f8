import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ExecutionAbortedError } from 'aws-local-stepfunctions';
import * as z from 'zod/mini';
import { APP_DESCRIPTIONS } from '../../functions/app-descriptions.ts';
import { readLimitSetting } from '../../functions/rate-limit/limiter.ts';
import { lambdaMessage, readError } from '../../functions/runs/app-result.ts';
import { StartedRun } from '../../functions/runs/start-run.ts';
import { APPS, type App } from '../../functions/shared/apps.ts';
import { type HrEvent, momentOf } from '../../functions/shared/events.ts';
import { parseJson } from '../../functions/shared/json.ts';
import { type Report, unreachedApp } from '../../functions/shared/report.ts';
import type { Workflow } from '../../functions/shared/workflow.ts';
import { type IdentityStore, identityStore } from '../../functions/tables/identity-store.ts';
import { type RosterStore, rosterStore } from '../../functions/tables/roster-store.ts';
import { limitVariable, secretName } from '../../functions/vendor/surface.ts';
import type { StateMachineName } from '../../state-machines/load.ts';
import { createEngine, ExecutionFailure, type StepEnd } from '../aws/engine.ts';
import { type DeliveredEvent, EVENT_BUS_NAME, startEventBus } from '../aws/event-bus.ts';
import type { LeapingClock } from '../aws/leaping-clock.ts';
import { startSecretsManager } from '../aws/secrets-manager.ts';
import { STATE_MACHINE_ARNS, startStepFunctions } from '../aws/step-functions.ts';
import { COORDINATION_TABLE, IDENTITY_TABLE, startTables } from '../aws/tables.ts';
import { startVendors, type VendorServers } from '../vendors/start-vendors.ts';
import { WEBHOOK_SECRETS } from '../vendors/webhooks.ts';
import { DEFAULT_FOLDER, makeFolder, takeStateFolder } from './folders.ts';
import { keepSecret } from './secrets-file.ts';
import { UsageError } from './usage-error.ts';

export type RuntimeOptions = {
  /** The apps that are real: their base URLs are in the environment, their tokens in `secrets`. */
  realApps?: readonly App[];
  /** Secret name → the secret's text. */
  secrets?: ReadonlyMap<string, string>;
  /** Where tokens of real apps that were refreshed are kept; they are forgotten when left out. */
  secretsFile?: string;
  /** Where tables and simulated vendors are kept between runs; in memory when left out. */
  stateDirectory?: string;
  /** Where files are written; `DEFAULT_FOLDER` unless given. */
  filesDirectory?: string;
  /** What the delays of Wait and Retry are multiplied by; 1 unless given. */
  delayScale?: number;
  /** What waits leap forward, for steps that go by Step Functions' clock and for the simulated vendors. */
  clock?: LeapingClock;
  /** After how many days training is overdue; 30 unless given. */
  trainingDueDays?: number;
  onStepEnd?: (end: StepEnd) => void;
  /** Told when a run begins to wait for its moment, and for how many milliseconds. */
  onWait?: (ms: number, execution: string) => void;
  /** Told what tenure puts on its bus. */
  onBusEvent?: (event: DeliveredEvent) => void;
};

export type Runtime = {
  /** Plays one event to its end. The report says what failed; nothing is thrown for it. @throws RunStoppedError */
  play: (event: HrEvent) => Promise<Report>;
  /** Hands an event to the function that EventBridge invokes, which checks it and starts its run. @throws what that throws */
  put: (event: unknown) => Promise<StartedRun>;
  /** Reconciles, and waits for the offboardings that it starts. @throws RunStoppedError */
  reconcile: (input: object) => Promise<Ended>;
  /** Syncs Drata's compliance. @throws RunStoppedError */
  syncCompliance: () => Promise<Ended>;
  /** The training follow-ups that hires have started, once they are over: weeks, unless there is a leaping clock. */
  trainingFollowUps: () => Promise<Ended[]>;
  /** Syncs the contacts of a file to Drift. @throws RunStoppedError */
  syncContacts: (input: object) => Promise<Ended>;
  /** The servers that stand in for the apps that are not real. */
  vendors: Partial<VendorServers>;
  store: IdentityStore;
  /** What tenure has put on its bus, the oldest first. */
  busEvents: readonly DeliveredEvent[];
  roster: RosterStore;
  /** Ends what is running; its `play` throws. What a step is doing at that moment is not taken back. */
  stop: () => void;
  /** Stops what is running and closes every server. */
  close: () => Promise<void>;
};

/** An execution that is over. */
export type Ended = {
  /** Its name. */
  run: string;
  /** What it returned; null when it failed. */
  output: unknown;
  /** Why it failed; null when it did not. */
  failure: string | null;
};

/** The run was stopped before its end, and has no report. */
export class RunStoppedError extends Error {
  override readonly name = 'RunStoppedError';
}

let containers = 0;

/**
 * Starts everything that tenure needs on this machine: the vendor servers, a DynamoDB, a Secrets Manager and the
 * state machines. It sets this process's environment, because that is where handlers find their services.
 *
 * @throws UsageError when nothing can be kept or written where the options say.
 */
export async function startRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  const { realApps = [], stateDirectory, filesDirectory, delayScale = 1 } = options;
  // Before anything is started, which would have to be closed again.
  const giveBackState = stateDirectory === undefined ? () => {} : takeStateFolder(stateDirectory);
  const kept = stateDirectory === undefined ? new Map<App, object>() : readKeptVendors(stateDirectory);
  // Before the first call, because files are written when all the work is done.
  if (filesDirectory !== undefined) makeFolder('--files', filesDirectory);
  const vendors = await startVendors(
    APPS.filter((app) => !realApps.includes(app)),
    options.clock?.now,
  );
  for (const { vendor, restore } of Object.values(vendors)) restore(kept.get(vendor) ?? {});
  allowWhatIsSet(vendors);
  const tables = await startTables(stateDirectory === undefined ? undefined : join(stateDirectory, 'tables'));
  const accessKeyId = randomUUID();
  const secrets = await startSecretsManager(
    new Map([...WEBHOOK_SECRETS, ...(options.secrets ?? []), ...vendorSecrets(vendors)]),
    accessKeyId,
    { onPut: (name, text) => keepRefreshed(options, name, text) },
  );
  containers += 1;
  const engine = createEngine({
    container: String(containers),
    delayScale,
    clock: options.clock,
    onStepEnd: options.onStepEnd ?? (() => {}),
  });
  const bus = await startEventBus(accessKeyId, engine.invoke, options.onBusEvent);
  const onWait = options.onWait ?? (() => {});
  const stepFunctions = await startStepFunctions({
    engine,
    accessKeyId,
    waitsInRealTime: delayScale === 1,
    onWait,
  });
  setEnvironment({
    vendors,
    accessKeyId,
    tablesUrl: tables.url,
    secretsUrl: secrets.url,
    stepFunctionsUrl: stepFunctions.url,
    busUrl: bus.url,
    filesDirectory: filesDirectory ?? DEFAULT_FOLDER,
    trainingDueDays: options.trainingDueDays ?? 30,
  });
  const store = identityStore(IDENTITY_TABLE);
  const aborts = new Set<() => void>();
  const stop = () => {
    for (const abort of aborts) abort();
    stepFunctions.stopAll();
  };

  /** Runs a machine to its end. The failure is undefined when it succeeded. */
  const runToEnd = async (...run: Parameters<typeof engine.start>) => {
    const { result, abort } = engine.start(...run);
    aborts.add(abort);
    const end = await result.then(
      (output: unknown) => ({ output, failure: undefined }),
      (failure: unknown) => ({ output: null, failure }),
    );
    aborts.delete(abort);
    if (end.failure instanceof ExecutionAbortedError) throw new RunStoppedError();
    return end;
  };

  /** Runs a machine that is no joiner's or leaver's, and everything that it starts, to their ends. */
  const runApart = async (machine: Exclude<StateMachineName, Workflow>, input: object): Promise<Ended> => {
    const run = `${machine}-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`;
    const { output, failure } = await runToEnd(machine, { execution: run, input, waitMs: 0 });
    await stepFunctions.allOver('offboarding');
    if (failure === undefined) return { run, output, failure: null };
    if (!(failure instanceof ExecutionFailure)) throw failure;
    return { run, output, failure: lambdaMessage(failure.message) ?? failure.message };
  };

  return {
    vendors,
    store,
    busEvents: bus.events,
    roster: rosterStore(IDENTITY_TABLE),
    play: async (event) => {
      const workflow = event['detail-type'] === 'employee.hired' ? 'onboarding' : 'offboarding';
      const execution = `${event.id}-${randomUUID().slice(0, 8)}`;
      const now = new Date();
      const waitMs = Math.max(0, momentOf(event, now).getTime() - now.getTime());
      if (waitMs > 0) onWait(waitMs, execution);
      const { failure } = await runToEnd(workflow, { execution, input: event.detail, waitMs });
      const runs = await store.readRuns(event.detail.employee.employeeId);
      const report = runs.find((run) => run.execution === execution)?.report;
      return report ?? reportWithout(workflow, event, failure);
    },
    reconcile: (input) => runApart('reconciliation', input),
    syncCompliance: () => runApart('compliance-sync', {}),
    trainingFollowUps: async () => {
      const ended = await stepFunctions.allOver('training-follow-up');
      return ended.map(({ name, output, cause }) => ({
        run: name,
        output: output === undefined ? null : JSON.parse(output),
        failure: cause === undefined ? null : (lambdaMessage(cause) ?? cause),
      }));
    },
    syncContacts: (input) => runApart('contact-sync', input),
    put: async (event) => z.parse(StartedRun, await engine.invoke('WorkflowStart', event)),
    stop,
    close: async () => {
      stop();
      // First, because what it still delivers needs the others.
      await bus.close();
      if (stateDirectory !== undefined) keepVendors(vendors, stateDirectory);
      await Promise.all(
        [...Object.values(vendors), tables, secrets, stepFunctions].map((server) => server.close()),
      );
      giveBackState();
    },
  };
}

/** The report of a run that failed before it could write one. */
function reportWithout(workflow: Report['workflow'], { detail }: HrEvent, failure: unknown): Report {
  const error =
    failure instanceof ExecutionFailure ? { Error: failure.error, Cause: failure.message } : undefined;
  if (error === undefined) throw failure;
  const { employeeId, email } = detail.employee;
  const apps = detail.apps.map(({ app }) => unreachedApp(app, readError(error)));
  return { workflow, employeeId, email, status: 'failed', apps };
}

function setEnvironment(places: {
  vendors: Partial<VendorServers>;
  accessKeyId: string;
  tablesUrl: string;
  secretsUrl: string;
  stepFunctionsUrl: string;
  busUrl: string;
  filesDirectory: string;
  trainingDueDays: number;
}): void {
  const { vendors, accessKeyId, tablesUrl, secretsUrl, stepFunctionsUrl, busUrl, filesDirectory } = places;
  Object.assign(process.env, {
    AWS_REGION: 'local',
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: randomUUID(),
    AWS_ENDPOINT_URL_DYNAMODB: tablesUrl,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsUrl,
    AWS_ENDPOINT_URL_SFN: stepFunctionsUrl,
    AWS_ENDPOINT_URL_EVENTBRIDGE: busUrl,
    EVENT_BUS_NAME,
    IDENTITY_TABLE,
    ONBOARDING_STATE_MACHINE_ARN: STATE_MACHINE_ARNS.onboarding,
    OFFBOARDING_STATE_MACHINE_ARN: STATE_MACHINE_ARNS.offboarding,
    TRAINING_FOLLOW_UP_STATE_MACHINE_ARN: STATE_MACHINE_ARNS['training-follow-up'],
    TRAINING_DUE_DAYS: String(places.trainingDueDays),
    COORDINATION_TABLE,
    FILES_LOCATION: pathToFileURL(resolve(filesDirectory)).href,
    // Standard output belongs to the command line.
    POWERTOOLS_LOG_LEVEL: 'SILENT',
    ...Object.fromEntries(
      simulatedSurfaces(vendors).map(({ surface, baseUrl }) => [surface.baseUrlVariable, baseUrl]),
    ),
  });
  // Credentials of a real account must not be mixed with these.
  delete process.env.AWS_SESSION_TOKEN;
  delete process.env.AWS_PROFILE;
}

// Somebody who sets another limit has another plan, and the simulated vendor gives it to them.
function allowWhatIsSet(vendors: Partial<VendorServers>): void {
  for (const server of Object.values(vendors))
    for (const surface of APP_DESCRIPTIONS[server.vendor].surfaces) {
      const limit = readLimitSetting(limitVariable(surface));
      if (limit !== undefined && limit !== 'unknown') server.allow(surface.surface, limit);
    }
}

function vendorSecrets(vendors: Partial<VendorServers>): [string, string][] {
  return simulatedSurfaces(vendors).map(({ surface, token }) => [
    secretName(surface),
    JSON.stringify({ token }),
  ]);
}

function keepRefreshed({ secrets, secretsFile }: RuntimeOptions, name: string, text: string): void {
  if (secretsFile !== undefined && secrets?.has(name)) keepSecret(secretsFile, name, text);
}

function simulatedSurfaces(vendors: Partial<VendorServers>) {
  return Object.values(vendors).flatMap(({ vendor, baseUrls, tokens }) =>
    APP_DESCRIPTIONS[vendor].surfaces.map((surface) => ({
      surface,
      baseUrl: baseUrls[surface.surface] ?? '',
      token: tokens[surface.surface],
    })),
  );
}

const vendorFile = (directory: string, app: App) => join(directory, `${app}.json`);

// The tables hold the vendors' ids, so vendors that forget theirs would hand them out a second time.
function keepVendors(vendors: Partial<VendorServers>, directory: string): void {
  for (const { vendor, state } of Object.values(vendors)) {
    const file = vendorFile(directory, vendor);
    // Whole or not at all.
    writeFileSync(`${file}.draft`, JSON.stringify(state));
    renameSync(`${file}.draft`, file);
  }
}

/**
 * What simulated vendors were kept as.
 *
 * @throws UsageError when a file of theirs is damaged.
 */
function readKeptVendors(directory: string): Map<App, object> {
  const files = APPS.map((app) => [app, vendorFile(directory, app)] as const);
  return new Map(files.filter(([, file]) => existsSync(file)).map(([app, file]) => [app, readKept(file)]));
}

function readKept(file: string): object {
  const kept = z.safeParse(z.record(z.string(), z.unknown()), parseJson(readFileSync(file, 'utf8')));
  if (kept.success) return kept.data;
  throw new UsageError(`--state: ${file} is damaged; delete the folder to begin anew.`);
}
