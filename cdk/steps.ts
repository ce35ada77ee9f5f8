import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import * as z from 'zod/mini';
import { ALL_SURFACES } from '../functions/app-descriptions.ts';
import { APPS, type App } from '../functions/shared/apps.ts';
import { limitVariable } from '../functions/vendor/surface.ts';
import {
  loadStateMachine,
  STATE_MACHINES,
  type StateMachineName,
  stepFolder,
  stepNames,
} from '../state-machines/load.ts';
import type { Data } from './data.ts';
import { Lambda, type LambdaDefaults } from './lambda.ts';
import type { Settings } from './settings.ts';
import type { VendorSecrets } from './vendor-secrets.ts';

/** What a Lambda that calls a vendor has to know of the settings. */
export type VendorSettings = Pick<Settings, 'baseUrls' | 'rateLimits' | 'pipedriveMode'>;

type StepsProps = {
  defaults: LambdaDefaults;
  data: Data;
  secrets: VendorSecrets;
  settings: VendorSettings;
};

/** The names of all steps, from the placeholders in the state machines. */
export const STEP_NAMES: readonly string[] = [
  ...new Set(STATE_MACHINES.flatMap((machine) => stepNames(loadStateMachine(machine)))),
];

const IsApp = z.enum(APPS);

// What each does with the identity table; see functions/tables/identity-store.ts.
const IDENTITY_TABLE_ACTIONS: Record<string, readonly string[]> = {
  WorkflowPrepareOnboarding: ['PutItem', 'Query'],
  WorkflowPrepareOffboarding: ['GetItem', 'PutItem', 'Query'],
  WorkflowRecordAccounts: ['DeleteItem', 'GetItem', 'PutItem'],
  WorkflowConclude: ['PutItem'],
};

// The folders of the files bucket in which each reads and writes.
const FOLDERS: Record<string, readonly string[]> = {
  ReconciliationConclude: ['reconciliation'],
  ComplianceWriteFiles: ['compliance'],
  ContactsPrepare: ['contacts'],
  DriftSyncContacts: ['contacts', 'contact-sync'],
  ContactsConclude: ['contact-sync'],
};

// A Lambda that is still busy when its state gives up would write beside the next attempt.
const SECONDS_BELOW_STATE = 5;

/** One Lambda per step. */
export class Steps extends Construct {
  readonly lambdas: ReadonlyMap<string, Lambda>;

  constructor(scope: Construct, id: string, props: StepsProps) {
    super(scope, id);
    const lambda = (name: string) => {
      const step = new Lambda(this, name, {
        ...props.defaults,
        timeoutSeconds: stateTimeoutSeconds(name) - SECONDS_BELOW_STATE,
        memoryMb: 256,
        ...stepNeeds(name, props),
      });
      for (const folder of FOLDERS[name] ?? []) props.data.acknowledgeFiles(step.role, folder);
      return step;
    };
    this.lambdas = new Map(STEP_NAMES.map((name) => [name, lambda(name)]));
  }

  /** @throws Error when there is no step of that name. */
  lambda(name: string): Lambda {
    const lambda = this.lambdas.get(name);
    if (lambda === undefined) throw new Error(`No state machine has a step ${name}.`);
    return lambda;
  }

  /** Placeholder → ARN, for the definition of a state machine. */
  arns(machine: StateMachineName): Record<string, string> {
    const names = stepNames(loadStateMachine(machine));
    return Object.fromEntries(names.map((name) => [name, this.lambda(name).fn.functionArn]));
  }
}

function stepNeeds(
  name: string,
  { data, secrets, settings }: StepsProps,
): { environment: Record<string, string>; access: PolicyStatement[]; memoryMb?: number } {
  const vendor = z.safeParse(IsApp, stepFolder(name));
  if (vendor.success) {
    const own =
      complianceNeeds(name, data) ?? contactNeeds(name, data) ?? graphNeeds(name, vendor.data, data);
    return {
      environment: { ...vendorEnvironment(vendor.data, data, settings), ...own?.environment },
      access: [
        ...secrets.access(vendor.data),
        ...data.coordinationTableAccess(vendor.data),
        ...(name.endsWith('ListAccounts') ? stagingAccess(data, vendor.data) : []),
        ...(own?.access ?? []),
      ],
      ...(own?.memoryMb === undefined ? {} : { memoryMb: own.memoryMb }),
    };
  }
  const ownNeeds =
    reconciliationNeeds(name, data) ??
    complianceNeeds(name, data) ??
    trainingNeeds(name, data) ??
    contactNeeds(name, data);
  if (ownNeeds !== undefined) return ownNeeds;
  const actions = IDENTITY_TABLE_ACTIONS[name];
  if (actions === undefined) {
    throw new Error(
      `Say in IDENTITY_TABLE_ACTIONS in cdk/steps.ts what ${name} does with the identity table.`,
    );
  }
  return {
    environment: { IDENTITY_TABLE: data.identityTable.tableName },
    access: data.identityTableAccess(actions),
  };
}

/** The environment of a Lambda that calls a vendor. */
export function vendorEnvironment(
  vendor: App,
  data: Data,
  { baseUrls, rateLimits, pipedriveMode }: VendorSettings,
): Record<string, string> {
  return {
    COORDINATION_TABLE: data.coordinationTable.tableName,
    ...(vendor === 'pipedrive' ? { PIPEDRIVE_MODE: pipedriveMode } : {}),
    ...vendorBaseUrls(vendor, baseUrls),
    ...vendorRateLimits(vendor, rateLimits),
  };
}

type Needs = ReturnType<typeof stepNeeds>;

// See functions/tables/staged-pages.ts.
function stagingAccess(data: Data, app: App): PolicyStatement[] {
  return data.rowAccess(data.coordinationTable, `RECONCILIATION#${app}#`, ['PutItem', 'Query']);
}

/** What each step of the reconciliation needs; undefined for the other steps. */
function reconciliationNeeds(name: string, data: Data): Needs | undefined {
  const { identityTable, coordinationTable, filesBucket } = data;
  const identity = { IDENTITY_TABLE: identityTable.tableName };
  const needs: Record<string, Needs & { memoryMb?: number }> = {
    ReconciliationPrepare: { environment: {}, access: [] },
    ReconciliationCompare: {
      environment: { ...identity, COORDINATION_TABLE: coordinationTable.tableName },
      access: [
        ...data.rowAccess(coordinationTable, 'RECONCILIATION#', ['Query']),
        ...data.rowAccess(identityTable, 'ROSTER#', ['Query']),
        ...data.rowAccess(identityTable, 'FINDING#', ['BatchWriteItem']),
      ],
      memoryMb: 512,
    },
    // What it may start is in cdk/nightly-reconciliation.ts: a step is there before the state machines are.
    ReconciliationFix: {
      environment: identity,
      access: [
        ...data.rowAccess(identityTable, 'FINDING#', ['Query']),
        ...data.rowAccess(identityTable, 'ROSTER#', ['GetItem']),
        ...data.rowAccess(identityTable, 'EMPLOYEE#', ['Query']),
      ],
    },
    ReconciliationConclude: {
      environment: { ...identity, FILES_LOCATION: `s3://${filesBucket.bucketName}` },
      access: [
        ...data.rowAccess(identityTable, 'FINDING#', ['Query']),
        ...data.rowAccess(identityTable, 'GRAPH#', ['Query']),
        ...data.writeFilesAccess('reconciliation'),
      ],
    },
  };
  return needs[name];
}

/** What a step that reads an app's part of the identity graph needs; undefined for the other steps. */
function graphNeeds(name: string, app: App, data: Data): Needs | undefined {
  if (!name.endsWith('ReadGraph')) return undefined;
  const { identityTable, coordinationTable } = data;
  return {
    environment: { IDENTITY_TABLE: identityTable.tableName },
    access: [
      ...data.rowAccess(coordinationTable, `RECONCILIATION#${app}#`, ['Query']),
      ...data.rowAccess(identityTable, `ROSTER#${app}`, ['Query']),
      ...data.rowAccess(identityTable, `GRAPH#${app}`, ['BatchWriteItem']),
    ],
    // All employees of the app at once, and their managers.
    memoryMb: 512,
  };
}

/** What the steps of the compliance sync need of the tables and files; undefined for the other steps. */
function complianceNeeds(name: string, data: Data): Needs | undefined {
  const { identityTable, filesBucket } = data;
  const environment = { IDENTITY_TABLE: identityTable.tableName };
  const rows = (actions: readonly string[]) => data.rowAccess(identityTable, 'COMPLIANCE#', actions);
  // What they put on the bus is in cdk/hourly-compliance-sync.ts: a step is there before the bus is.
  const needs: Record<string, Needs> = {
    DrataSyncCompliance: { environment, access: rows(['BatchGetItem', 'BatchWriteItem']) },
    DrataAskPending: { environment, access: rows(['BatchGetItem', 'BatchWriteItem', 'Query']) },
    ComplianceWriteFiles: {
      environment: { ...environment, FILES_LOCATION: `s3://${filesBucket.bucketName}` },
      access: [...rows(['Query']), ...data.writeFilesAccess('compliance')],
    },
  };
  return needs[name];
}

/** What the end of a training follow-up needs of the reports; undefined for the other steps. */
function trainingNeeds(name: string, data: Data): Needs | undefined {
  if (name !== 'TrainingConclude') return undefined;
  return {
    environment: { IDENTITY_TABLE: data.identityTable.tableName },
    access: data.rowAccess(data.identityTable, 'EMPLOYEE#', ['PutItem', 'Query']),
  };
}

/** What the steps of the contact sync need of the tables and files; undefined for the other steps. */
function contactNeeds(name: string, data: Data): Needs | undefined {
  const { identityTable, filesBucket } = data;
  const environment = { FILES_LOCATION: `s3://${filesBucket.bucketName}` };
  const needs: Record<string, Needs> = {
    ContactsPrepare: { environment, access: data.readFilesAccess('contacts') },
    DriftSyncContacts: {
      environment: { ...environment, IDENTITY_TABLE: identityTable.tableName },
      access: [
        ...data.rowAccess(identityTable, 'CONTACT#', ['DeleteItem', 'GetItem', 'PutItem']),
        ...data.readFilesAccess('contacts'),
        ...data.writeFilesAccess('contact-sync'),
      ],
    },
    ContactsConclude: {
      environment,
      access: [...data.readFilesAccess('contact-sync'), ...data.writeFilesAccess('contact-sync')],
    },
  };
  return needs[name];
}

function vendorBaseUrls(vendor: App, baseUrls: Settings['baseUrls']): Record<string, string> {
  const variables = ALL_SURFACES.filter((surface) => surface.vendor === vendor);
  return Object.fromEntries(
    variables.flatMap(({ baseUrlVariable }) => {
      const url = baseUrls[baseUrlVariable];
      return url === undefined ? [] : [[baseUrlVariable, url]];
    }),
  );
}

function vendorRateLimits(vendor: App, rateLimits: Settings['rateLimits']): Record<string, string> {
  const variables = ALL_SURFACES.filter((surface) => surface.vendor === vendor).map(limitVariable);
  return Object.fromEntries(
    variables.flatMap((variable) => {
      const limit = rateLimits[variable];
      return limit === undefined ? [] : [[variable, JSON.stringify(limit)]];
    }),
  );
}

const Task = z.object({
  Type: z.literal('Task'),
  Parameters: z.object({ FunctionName: z.string() }),
  TimeoutSeconds: z.int(),
});

/** The shortest time limit of the states that invoke a step, in seconds. */
function stateTimeoutSeconds(name: string): number {
  const tasks = STATE_MACHINES.flatMap((machine) => tasksWithin(loadStateMachine(machine)));
  const limits = tasks
    .filter(({ Parameters }) => Parameters.FunctionName === `\${${name}}`)
    .map(({ TimeoutSeconds }) => TimeoutSeconds);
  return Math.min(...limits);
}

function tasksWithin(value: unknown): z.infer<typeof Task>[] {
  const task = z.safeParse(Task, value);
  if (task.success) return [task.data];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(tasksWithin) : [];
}
