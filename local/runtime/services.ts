import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { App } from '../../functions/shared/apps.ts';
import { appsFromEnvironment } from '../../functions/shared/companys-apps.ts';
import type { PublishedMessage } from '../../functions/shared/message.ts';
import { createEngine, type Engine } from '../aws/engine.ts';
import { type DeliveredEvent, startEventBus } from '../aws/event-bus.ts';
import { startSecretsManager } from '../aws/secrets-manager.ts';
import {
  type StepFunctionsEndpoint,
  type StepFunctionsOptions,
  startStepFunctions,
} from '../aws/step-functions.ts';
import { startTables } from '../aws/tables.ts';
import { createTaskTokens } from '../aws/task-tokens.ts';
import { startTopic } from '../aws/topic.ts';
import { startVendors, type VendorServers } from '../vendors/start-vendors.ts';
import { WEBHOOK_SECRETS } from '../vendors/webhooks.ts';
import { checkSettings } from './check-settings.ts';
import { setEnvironment } from './environment.ts';
import { DEFAULT_FOLDER, makeFolder, takeStateFolder } from './folders.ts';
import { keepExecutions, readKeptExecutions } from './kept-executions.ts';
import { keepVendorAlways, keepVendors, readKeptVendors } from './kept-vendors.ts';
import type { RuntimeOptions } from './options.ts';
import { keepSecret } from './secrets-file.ts';
import { allowSetLimits, simulatedBaseUrls, simulatedSecrets } from './simulated-surfaces.ts';

// A step that waits for an app that does not answer would keep the process from ending.
const LONGEST_STEP_MS = 500;

/** Everything that has to run before a workflow can. */
export type Services = {
  vendors: Partial<VendorServers>;
  engine: Engine;
  stepFunctions: StepFunctionsEndpoint;
  busEvents: readonly DeliveredEvent[];
  messages: readonly PublishedMessage[];
  /** Goes when everything is closed. */
  temporaryFolder: string;
  close: () => Promise<void>;
};

/**
 * Starts the simulated vendors and the stand-ins for AWS, and sets this process's environment to them.
 *
 * @throws UsageError when nothing can be kept or written where the options say, or the environment is not usable.
 */
export async function startServices(
  options: RuntimeOptions,
  onEnd: StepFunctionsOptions['onEnd'] = () => {},
): Promise<Services> {
  const { stateDirectory, filesDirectory, delayScale = 1, onWait = () => {} } = options;
  // Before anything is started, which would have to be closed again.
  checkSettings();
  const giveBackState = stateDirectory === undefined ? () => {} : takeStateFolder(stateDirectory);
  const kept = stateDirectory === undefined ? new Map<App, object>() : readKeptVendors(stateDirectory);
  // Before the first call, because files are written when all the work is done.
  if (filesDirectory !== undefined) makeFolder('--files', filesDirectory);

  const vendors = await restoreVendors(options, kept);
  if (stateDirectory !== undefined)
    for (const server of Object.values(vendors)) keepVendorAlways(server, stateDirectory);
  const accessKeyId = randomUUID();
  const tablesDirectory = stateDirectory === undefined ? undefined : join(stateDirectory, 'tables');
  const tables = await startTables(accessKeyId, tablesDirectory);
  const secrets = await startSecretsManager(
    new Map([
      ...WEBHOOK_SECRETS,
      ...(options.secrets ?? []),
      ...simulatedSecrets(vendors, options.dialect ?? 'guide'),
    ]),
    accessKeyId,
    { onPut: (name, text) => keepRefreshed(options, name, text) },
  );
  const tokens = createTaskTokens();
  const waitsInRealTime = delayScale === 1 || options.keepsMoments === true;
  const engine = createEngine({
    tokens,
    delayScale,
    waitsInRealTime,
    clock: options.clock,
    onStepEnd: options.onStepEnd ?? (() => {}),
    onStepStart: options.onStepStart,
  });
  const bus = await startEventBus(accessKeyId, engine.invoke, {
    onEvent: options.onBusEvent,
    onProcessed: options.onProcessed,
    onDeadLetter: options.onDeadLetter,
  });
  const topic = await startTopic(accessKeyId, options.onMessage);
  const stepFunctions = await startStepFunctions({
    engine,
    tokens,
    accessKeyId,
    waitsInRealTime,
    onWait,
    onEnd,
    ...(stateDirectory === undefined
      ? {}
      : {
          kept: {
            executions: readKeptExecutions(stateDirectory),
            write: (executions) => keepExecutions(stateDirectory, executions),
          },
        }),
  });
  const temporaryFolder = mkdtempSync(join(tmpdir(), 'tenure-'));
  setEnvironment({
    accessKeyId,
    tablesUrl: tables.url,
    secretsUrl: secrets.url,
    stepFunctionsUrl: stepFunctions.url,
    busUrl: bus.url,
    topicUrl: topic.url,
    baseUrls: simulatedBaseUrls(vendors, options.dialect ?? 'guide'),
    filesDirectory: filesDirectory ?? DEFAULT_FOLDER,
    handOverDirectory: stateDirectory === undefined ? temporaryFolder : join(stateDirectory, 'files'),
    trainingDueDays: options.trainingDueDays ?? 30,
    waitsInRealTime,
    cliUser: options.cliUser,
    delayScale,
    giveUpAfterSeconds: options.giveUpAfterSeconds ?? 60,
  });

  await stepFunctions.takeHeld(options.resumes === true);
  if (options.resumes === true) stepFunctions.resumeAll();

  const close = async () => {
    // The bus closes first, because delivering what is left on it needs the others.
    await bus.close();
    // What a step still asks would be tried again, and meet whoever listens on the port by then.
    await engine.settle(LONGEST_STEP_MS);
    if (stateDirectory !== undefined) keepVendors(vendors, stateDirectory);
    const servers = [...Object.values(vendors), tables, secrets, topic, stepFunctions];
    await Promise.all(servers.map((server) => server.close()));
    rmSync(temporaryFolder, { recursive: true, force: true });
    giveBackState();
  };
  return {
    ...{ vendors, engine, stepFunctions, busEvents: bus.events, messages: topic.messages },
    ...{ temporaryFolder, close },
  };
}

/** Starts a server for each app that the company has and that is not real, as it was kept. */
async function restoreVendors(
  { realApps = [], clock }: RuntimeOptions,
  kept: ReadonlyMap<App, object>,
): Promise<Partial<VendorServers>> {
  const simulated = appsFromEnvironment().filter((app) => !realApps.includes(app));
  const vendors = await startVendors(simulated, clock?.now);
  for (const { vendor, restore } of Object.values(vendors)) restore(kept.get(vendor) ?? {});
  allowSetLimits(vendors);
  return vendors;
}

function keepRefreshed({ secrets, secretsFile }: RuntimeOptions, name: string, text: string): void {
  if (secretsFile !== undefined && secrets?.has(name)) keepSecret(secretsFile, name, text);
}
