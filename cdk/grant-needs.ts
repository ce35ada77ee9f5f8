import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import { PLAN_FUNCTION_VARIABLE } from '../functions/api/ask-for-plans.ts';
import { ALL_SURFACES, APP_DESCRIPTIONS } from '../functions/app-descriptions.ts';
import { ERASE_AFTER_VARIABLE } from '../functions/erasure/erase.ts';
import { GATE_VARIABLE } from '../functions/gate/settings.ts';
import { POLICY_VARIABLE } from '../functions/hr/policy-variable.ts';
import { MOST_FIXES_VARIABLE } from '../functions/reconciliation/fixable.ts';
import { APPS, type App } from '../functions/shared/apps.ts';
import { APPS_VARIABLE } from '../functions/shared/companys-apps.ts';
import { HR_SOURCES_VARIABLE } from '../functions/shared/hr-sources.ts';
import { PAGE_URL_VARIABLE, TOPIC_VARIABLE } from '../functions/shared/message.ts';
import { LEAVER_DAYS_VARIABLE, REPORT_DAYS_VARIABLE } from '../functions/tables/retention.ts';
import { dialectVariable } from '../functions/vendor/dialect.ts';
import { isUsed, limitVariable, type SurfaceDescription, secretName } from '../functions/vendor/surface.ts';
import type { StateMachineName } from '../state-machines/load.ts';
import type { AlarmTopic } from './alarm-topic.ts';
import { type Data, serviceHost } from './data.ts';
import type { HrBus } from './hr-bus.ts';
import { Lambda } from './lambda.ts';
import { POLICY_FILE } from './policy.ts';
import type { Settings } from './settings.ts';
import type { Needs, RowNeed, SecretNeed } from './step-needs.ts';
import { stateMachineVariable, type Workflows } from './workflows.ts';

/** What Lambdas can be given. */
type Given = {
  data: Data;
  /** The ARN of each secret, by its name. */
  secretArns: ReadonlyMap<string, string>;
  workflows: Workflows;
  hrBus: HrBus;
  topic: AlarmTopic;
  /** The page's address; undefined where there is none. */
  pageUrl: string | undefined;
  planner: Lambda;
  settings: Pick<
    Settings,
    | 'gate'
    | 'eraseAfterDays'
    | 'reportDays'
    | 'leaverDays'
    | 'reconcileMostFixes'
    | 'hrSources'
    | 'apps'
    | 'baseUrls'
    | 'dialects'
    | 'rateLimits'
    | 'pipedriveMode'
    | 'pipedrivePlan'
    | 'pipedriveSeats'
    | 'trainingDueDays'
    | 'drataAppearsWithinDays'
  >;
};

/** Gives every Lambda below a construct the rights and the environment that follow from its needs. */
export function grantNeeds(scope: IConstruct, given: Given): void {
  for (const lambda of scope.node.findAll().filter((construct) => construct instanceof Lambda)) {
    lambda.allow(rights(lambda.needs, given));
    for (const [variable, value] of Object.entries(environment(lambda.needs, given)))
      lambda.fn.addEnvironment(variable, value);
    acknowledgeWildcards(lambda, given);
  }
}

function rights(needs: Needs, given: Given): PolicyStatement[] {
  const { data, workflows, hrBus, topic, planner } = given;
  const {
    secrets = [],
    rows = [],
    files = {},
    runs,
    startsIfSet,
    startsMachine,
    putsEvents,
    putsHrEvents,
    publishes,
    plans,
    deadLetters,
  } = needs;
  const started = [...(runs?.starts ?? []), ...(startsMachine === undefined ? [] : [startsMachine])];
  return [
    ...secrets.flatMap((need) => secretAccess(need, given)),
    ...rows.flatMap((need) => data.rowAccess(need)),
    ...(files.reads ?? []).flatMap((folder) => data.readFilesAccess(folder)),
    ...(files.writes ?? []).flatMap((folder) => data.writeFilesAccess(folder)),
    ...(files.erases === undefined ? [] : data.eraseFilesAccess(files.erases)),
    ...(putsEvents ? [hrBus.putAccess()] : []),
    ...(putsHrEvents ? [hrBus.putHrAccess()] : []),
    ...(publishes ? topic.publishAccess() : []),
    ...(plans ? [invokeAccess(planner)] : []),
    ...(started.length === 0 ? [] : workflows.startAccess(started)),
    ...(runs === undefined ? [] : workflows.runAccess(runs.access)),
    ...(startsIfSet === undefined ? [] : startIfSetAccess(startsIfSet, given)),
    ...(deadLetters ? hrBus.deadLetters.writeAccess() : []),
  ];
}

function environment(needs: Needs, given: Given): Record<string, string> {
  const { data, workflows, hrBus, topic, pageUrl, planner, settings } = given;
  const {
    calls = [],
    rows = [],
    files,
    runs,
    startsIfSet,
    startsMachine,
    putsEvents,
    publishes,
    plans,
    companysApps,
    gate,
    erases,
    limitsFixes,
  } = needs;
  const tables = new Set(rows.map(({ table }) => table));
  return {
    ...(tables.has('identity') ? { IDENTITY_TABLE: data.identityTable.tableName } : {}),
    ...(tables.has('coordination') ? { COORDINATION_TABLE: data.coordinationTable.tableName } : {}),
    ...(rows.some(recordsSomething)
      ? {
          [REPORT_DAYS_VARIABLE]: String(settings.reportDays),
          [LEAVER_DAYS_VARIABLE]: String(settings.leaverDays),
        }
      : {}),
    ...(files === undefined ? {} : { FILES_LOCATION: `s3://${data.filesBucket.bucketName}` }),
    ...(publishes ? { [TOPIC_VARIABLE]: topic.topic.topicArn } : {}),
    ...(publishes && pageUrl !== undefined ? { [PAGE_URL_VARIABLE]: pageUrl } : {}),
    ...(plans ? { [PLAN_FUNCTION_VARIABLE]: planner.fn.functionName } : {}),
    ...(putsEvents || needs.putsHrEvents ? { EVENT_BUS_NAME: hrBus.bus.eventBusName } : {}),
    ...(needs.policy ? { [POLICY_VARIABLE]: POLICY_FILE } : {}),
    ...(needs.hrSources ? { [HR_SOURCES_VARIABLE]: settings.hrSources.join(',') } : {}),
    ...(runs === undefined ? {} : workflows.environment),
    ...(companysApps ? { [APPS_VARIABLE]: settings.apps.join(',') } : {}),
    ...(gate ? { [GATE_VARIABLE]: settings.gate } : {}),
    ...(limitsFixes ? { [MOST_FIXES_VARIABLE]: String(settings.reconcileMostFixes) } : {}),
    ...(erases ? { [ERASE_AFTER_VARIABLE]: String(settings.eraseAfterDays) } : {}),
    ...Object.assign({}, ...(needs.describesApps ? APPS : calls).map((app) => appEnvironment(app, settings))),
    ...(startsIfSet === undefined ? {} : startEnvironment(startsIfSet, given)),
    ...(startsMachine === undefined ? {} : machineEnvironment(startsMachine, given)),
  };
}

function invokeAccess({ fn }: Lambda): PolicyStatement {
  return new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [fn.functionArn] });
}

/** Whether a Lambda writes rows that expire. */
function recordsSomething({ table, actions }: RowNeed): boolean {
  return (
    table === 'identity' && actions.some((action) => action === 'PutItem' || action === 'BatchWriteItem')
  );
}

function startIfSetAccess(
  { machine, variable }: NonNullable<Needs['startsIfSet']>,
  { workflows, settings }: Given,
): PolicyStatement[] {
  const isSet = Object.keys(settingEnvironment(variable, settings)).length > 0;
  return isSet ? workflows.startAccess([machine]) : [];
}

const SECRET_RIGHTS = {
  read: { actions: ['GetSecretValue'], key: ['kms:Decrypt'] },
  renew: {
    actions: ['GetSecretValue', 'PutSecretValue', 'UpdateSecretVersionStage'],
    key: ['kms:Decrypt', 'kms:GenerateDataKey'],
  },
  // https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotating-secrets-required-permissions-function.html
  rotate: {
    actions: ['DescribeSecret', 'GetSecretValue', 'PutSecretValue', 'UpdateSecretVersionStage'],
    key: ['kms:Decrypt', 'kms:GenerateDataKey'],
  },
} as const;

function secretAccess(
  { names, access }: SecretNeed,
  { data, secretArns, settings }: Given,
): PolicyStatement[] {
  // An app or a source that the company does not have has no secrets, and nobody reads those of a surface that is off.
  const owners = [...settings.apps, ...settings.hrSources];
  const off = ALL_SURFACES.filter((surface) => !isUsed(surface, surfaceEnvironment(surface, settings)));
  const unread = new Set(off.map(secretName));
  const present = names.filter(
    (name) => owners.some((owner) => name.startsWith(`tenure/${owner}/`)) && !unread.has(name),
  );
  if (present.length === 0) return [];
  const arns = present.map((name) => secretArn(name, secretArns));
  const { actions, key } = SECRET_RIGHTS[access];
  const invent = new PolicyStatement({ actions: ['secretsmanager:GetRandomPassword'], resources: ['*'] });
  return [
    new PolicyStatement({ actions: actions.map((action) => `secretsmanager:${action}`), resources: arns }),
    ...(access === 'rotate' ? [invent] : []),
    new PolicyStatement({
      actions: [...key],
      resources: [data.key.keyArn],
      conditions: {
        StringEquals: {
          'kms:ViaService': serviceHost(data, 'secretsmanager'),
          'kms:EncryptionContext:SecretARN': arns,
        },
      },
    }),
  ];
}

function secretArn(name: string, secretArns: Given['secretArns']): string {
  const arn = secretArns.get(name);
  if (arn !== undefined) return arn;
  throw new Error(`cdk/step-needs.ts names the secret ${name}, which no construct in cdk/ creates.`);
}

/** What the app's surfaces read of the environment, where the settings have it. */
function appEnvironment(app: App, settings: Given['settings']): Record<string, string> {
  return Object.assign({}, ...APP_DESCRIPTIONS[app].surfaces.map((s) => surfaceEnvironment(s, settings)));
}

function surfaceEnvironment(
  surface: SurfaceDescription,
  settings: Given['settings'],
): Record<string, string> {
  const url = settings.baseUrls[surface.baseUrlVariable];
  const dialect = settings.dialects[surface.vendor];
  const limit = settings.rateLimits[limitVariable(surface)];
  return {
    ...(url === undefined ? {} : { [surface.baseUrlVariable]: url }),
    ...(dialect === undefined ? {} : { [dialectVariable(surface.vendor)]: dialect }),
    ...(limit === undefined ? {} : { [limitVariable(surface)]: JSON.stringify(limit) }),
    ...(surface.usedWith === undefined ? {} : settingEnvironment(surface.usedWith.variable, settings)),
    ...Object.assign(
      {},
      ...(surface.planVariables ?? []).map((variable) => settingEnvironment(variable, settings)),
    ),
  };
}

function machineEnvironment(machine: StateMachineName, { workflows }: Given): Record<string, string> {
  return { [stateMachineVariable(machine)]: workflows.all[machine].stateMachine.stateMachineArn };
}

function startEnvironment(
  { machine, variable, reads = [] }: NonNullable<Needs['startsIfSet']>,
  given: Given,
): Record<string, string> {
  const { settings } = given;
  const setting = settingEnvironment(variable, settings);
  if (Object.keys(setting).length === 0) return {};
  const others = reads.map((name) => settingEnvironment(name, settings));
  return Object.assign({ ...setting, ...machineEnvironment(machine, given) }, ...others);
}

/** A setting as the variable by which Lambdas read it; nothing when it is not set. */
function settingEnvironment(
  variable: string,
  {
    pipedriveMode,
    pipedrivePlan,
    pipedriveSeats,
    trainingDueDays,
    drataAppearsWithinDays,
  }: Given['settings'],
): Record<string, string> {
  const values = new Map<string, string | number | undefined>([
    ['PIPEDRIVE_MODE', pipedriveMode],
    ['PIPEDRIVE_PLAN', pipedrivePlan],
    ['PIPEDRIVE_SEATS', pipedriveSeats],
    ['TRAINING_DUE_DAYS', trainingDueDays],
    ['DRATA_APPEARS_WITHIN_DAYS', drataAppearsWithinDays],
  ]);
  if (!values.has(variable))
    throw new Error(`Say in settingEnvironment in cdk/grant-needs.ts which setting ${variable} is.`);
  const value = values.get(variable);
  return value === undefined ? {} : { [variable]: String(value) };
}

function acknowledgeWildcards({ role, needs }: Lambda, { data, workflows }: Given): void {
  const { reads = [], writes = [], erases = [] } = needs.files ?? {};
  for (const folder of new Set([...reads, ...writes, ...erases])) data.acknowledgeFiles(role, folder);
  if (needs.runs !== undefined && needs.runs.access !== 'release') workflows.acknowledgeExecutions(role);
}
