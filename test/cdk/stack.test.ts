import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SFNClient } from '@aws-sdk/client-sfn';
import { Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { LAMBDA_NAMES } from '../../cdk/tenure-stack.ts';
import { WEBHOOK_LAMBDAS } from '../../cdk/webhooks.ts';
import { createApp } from '../../functions/api/app.ts';
import { ALL_SURFACES } from '../../functions/app-descriptions.ts';
import { APPS } from '../../functions/shared/apps.ts';
import { graphStore } from '../../functions/tables/graph-store.ts';
import { identityStore } from '../../functions/tables/identity-store.ts';
import { secretName } from '../../functions/vendor/surface.ts';
import { loadStateMachine, STATE_MACHINES, stepFolder, stepNames } from '../../state-machines/load.ts';
import { type Resource, type Statement, synthesize } from './synthesize.ts';

const deployment = synthesize({ driftwoodPasswordRotationDays: '30' });
const { all, only, read, access, statements } = deployment;

// The same with everything else set that can be, and without the rotation.
const other = synthesize({
  stage: 'prod',
  jwtIssuer: 'https://id.northlight.example',
  jwtAudience: 'tenure',
  retainData: 'false',
  reconcileApps: 'pipedrive,drift',
  reconcileFix: 'leaver_can_log_in',
  complianceSyncAt: '',
  pipedriveMode: 'scim',
  trainingDueDays: '',
  baseUrls: JSON.stringify({ DRIFT_BASE_URL: 'https://drift.northlight.example' }),
});

const KEY = read({ Ref: all('AWS::KMS::Key')[0]?.[0] });
const STEPS = [...new Set(STATE_MACHINES.flatMap((machine) => stepNames(loadStateMachine(machine))))];
const lambdas = LAMBDA_NAMES.map((name) => ({
  name,
  properties: only('AWS::Lambda::Function', { FunctionName: `tenure-dev-${name}` }),
}));
const rightsOf = (name: string) =>
  access(only('AWS::Lambda::Function', { FunctionName: `tenure-dev-${name}` }).Role);

/** Each action with each resource, one line a right, without what every Lambda may do. */
function listed(rights: readonly Statement[]): string[] {
  return rights
    .flatMap(({ Action, Resource: resources }) =>
      resources.flatMap((on) => Action.map((action) => `${action} ${on}`)),
    )
    .filter((line) => !/^(logs|xray|kms):/.test(line))
    .sort();
}

function keyRights(rights: readonly Statement[]) {
  return rights
    .filter(({ Action }) => Action.some((action) => action.startsWith('kms:')))
    .map(({ Action, Resource: on, Condition }) => ({ Action: [...Action].sort(), on, Condition }));
}

describe('the Lambdas', () => {
  it('are the steps of the state machines, the start of a run, the API, the webhooks and the rotation, and no others', () => {
    expect(all('AWS::Lambda::Function').map(([, { Properties }]) => Properties.FunctionName)).toEqual(
      LAMBDA_NAMES.map((name) => `tenure-dev-${name}`),
    );
    expect(LAMBDA_NAMES).toEqual([
      ...STEPS,
      'WorkflowStart',
      'ApiHandler',
      ...WEBHOOK_LAMBDAS,
      'DriftwoodRotatePassword',
    ]);
  });

  it.each(lambdas)('$name runs on Node 24 on arm64 and is traced', ({ properties }) => {
    expect(properties).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      TracingConfig: { Mode: 'Active' },
      MemorySize: expect.any(Number),
      Timeout: expect.any(Number),
    });
  });

  it.each(lambdas)('$name writes to a log group of its own, which forgets', ({ name, properties }) => {
    const LoggingConfig = z.object({ LogGroup: z.unknown() });
    const group = read(LoggingConfig.parse(properties.LoggingConfig).LogGroup);
    expect(group).toBe(`LogGroup /tenure/tenure-dev/${name}`);
    const { RetentionInDays } = only('AWS::Logs::LogGroup', { LogGroupName: `/tenure/tenure-dev/${name}` });
    expect(RetentionInDays).toBe(90);
    const logRights = rightsOf(name).filter(({ Action }) =>
      Action.some((action) => action.startsWith('logs:')),
    );
    expect(logRights).toMatchObject([
      { Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Resource: [group] },
    ]);
  });

  it.each(lambdas)(
    '$name has a role of its own, for Lambda only, without managed policies',
    ({ properties }) => {
      const role = read(properties.Role);
      expect(lambdas.filter((other) => read(other.properties.Role) === role)).toHaveLength(1);
      const found = all('AWS::IAM::Role').find(([id]) => read({ Ref: id }) === role)?.[1].Properties;
      expect(found?.ManagedPolicyArns).toBeUndefined();
      expect(found?.Policies).toBeUndefined();
      expect(JSON.stringify(found)).toContain('"Principal":{"Service":"lambda.amazonaws.com"}');
    },
  );

  it.each(STEPS)(
    '%s is stopped before its state gives up, so that two attempts never run at once',
    (name) => {
      const { Timeout } = only('AWS::Lambda::Function', { FunctionName: `tenure-dev-${name}` });
      const states = STATE_MACHINES.flatMap((machine) => timeLimits(loadStateMachine(machine), name));
      expect(states.length).toBeGreaterThan(0);
      for (const limit of states) expect(Timeout).toBeLessThan(limit);
      expect(Timeout).toBeGreaterThanOrEqual(55);
    },
  );

  it('gives a hand-over the time that Lambda has', () => {
    const { Timeout } = only('AWS::Lambda::Function', { FunctionName: 'tenure-dev-PipedriveReassignDeals' });
    expect(Timeout).toBe(895);
  });
});

const LambdaEnvironment = z.object({
  Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }),
});
const TaskState = z.object({ TimeoutSeconds: z.int(), Parameters: z.object({ FunctionName: z.string() }) });

function timeLimits(value: unknown, step: string): number[] {
  const task = z.safeParse(TaskState, value).data;
  if (task !== undefined) return task.Parameters.FunctionName === `\${${step}}` ? [task.TimeoutSeconds] : [];
  return typeof value === 'object' && value !== null
    ? Object.values(value).flatMap((inner) => timeLimits(inner, step))
    : [];
}

it("gives a replaced base URL to its own vendor's Lambdas only", () => {
  const replaced = other
    .all('AWS::Lambda::Function')
    .filter(([, { Properties }]) => JSON.stringify(Properties).includes('drift.northlight.example'))
    .map(([, { Properties }]) => String(Properties.FunctionName).replace('tenure-prod-', ''));
  expect(replaced).toEqual([...STEPS.filter((name) => stepFolder(name) === 'drift'), 'WebhooksProcessDrift']);
});

it.each([
  ['rest', deployment],
  ['scim', other],
])("tells Pipedrive's Lambdas, and no others, that the mode is %s", (mode, { all: allOf }) => {
  const modes = allOf('AWS::Lambda::Function').flatMap(([, { Properties }]) => {
    const { Environment } = z.parse(LambdaEnvironment, Properties);
    const told = Environment.Variables.PIPEDRIVE_MODE;
    const name = String(Properties.FunctionName).replace(/^tenure-(dev|prod)-/, '');
    return told === undefined ? [] : [[name, told]];
  });
  const names = [...STEPS.filter((name) => stepFolder(name) === 'pipedrive'), 'WebhooksProcessPipedrive'];
  expect(modes).toEqual(names.map((name) => [name, mode]));
});

describe('the rights', () => {
  const vendorSteps = STEPS.flatMap((name) =>
    APPS.filter((app) => app === stepFolder(name)).map((app) => ({ name, app })),
  );
  const XRAY = ['xray:PutTelemetryRecords', 'xray:PutTraceSegments'];

  const isList = (name: string) => name.endsWith('ListAccounts');
  const COORDINATION = 'Table tenure-dev-coordination';
  const TABLE = 'Table tenure-dev-identity';
  const isGraph = (name: string) => name.endsWith('ReadGraph');
  // What these do with the compliance rows.
  const COMPLIANCE: Record<string, string[]> = {
    DrataSyncCompliance: ['BatchGetItem', 'BatchWriteItem'],
    DrataAskPending: ['BatchGetItem', 'BatchWriteItem', 'Query'],
  };
  // And this with the contacts' rows.
  const CONTACTS: Record<string, string[]> = { DriftSyncContacts: ['DeleteItem', 'GetItem', 'PutItem'] };
  const READS_SECRET = ['secretsmanager:GetSecretValue'];
  const RENEWS_SECRET = [
    ...READS_SECRET,
    'secretsmanager:PutSecretValue',
    'secretsmanager:UpdateSecretVersionStage',
  ];

  const isAboutFiles = (right: Statement) => /"s3:|"s3\.<Region>/.test(JSON.stringify(right));
  const inFolder = (action: string, folder: string) =>
    expect.stringMatching(new RegExp(`^s3:${action} Bucket \\w+/${folder}/\\*$`));

  it.each(vendorSteps)(
    '$name reads and renews the secrets of $app, and does nothing else with what is ours',
    ({ name, app }) => {
      const secrets = ALL_SURFACES.filter(({ vendor }) => vendor === app).map(
        (surface) => `Secret ${secretName(surface)}`,
      );
      const isRenewed = ['pipedrive', 'salesloft', 'drift'].includes(app);
      expect(secrets.length).toBeGreaterThan(0);
      const rights = rightsOf(name).filter((right) => !isAboutFiles(right));
      expect(listed(rights)).toEqual(
        [
          ...secrets.flatMap((secret) =>
            (isRenewed ? RENEWS_SECRET : READS_SECRET).map((action) => `${action} ${secret}`),
          ),
          ...['DeleteItem', 'GetItem', 'PutItem', 'UpdateItem'].map(
            (action) => `dynamodb:${action} ${COORDINATION}`,
          ),
          ...(isList(name) ? [`dynamodb:PutItem ${COORDINATION}`, `dynamodb:Query ${COORDINATION}`] : []),
          ...(isGraph(name)
            ? [
                `dynamodb:BatchWriteItem ${TABLE}`,
                `dynamodb:Query ${COORDINATION}`,
                `dynamodb:Query ${TABLE}`,
              ]
            : []),
          ...[...(COMPLIANCE[name] ?? []), ...(CONTACTS[name] ?? [])].map(
            (action) => `dynamodb:${action} ${TABLE}`,
          ),
          ...(COMPLIANCE[name] === undefined ? [] : ['events:PutEvents EventBus tenure-dev-hr']),
        ].sort(),
      );
      expect(keyRights(rights)).toEqual([
        {
          Action: isRenewed ? ['kms:Decrypt', 'kms:GenerateDataKey'] : ['kms:Decrypt'],
          on: [KEY],
          Condition: {
            StringEquals: {
              'kms:ViaService': 'secretsmanager.<Region>.amazonaws.com',
              'kms:EncryptionContext:SecretARN': secrets,
            },
          },
        },
        expect.objectContaining({
          on: [KEY],
          Condition: { StringEquals: { 'kms:ViaService': 'dynamodb.<Region>.amazonaws.com' } },
        }),
      ]);
    },
  );

  it.each(vendorSteps)(
    '$name touches the rows of $app in the coordination table, and no other',
    ({ name, app }) => {
      const onTable = rightsOf(name).filter(({ Action }) =>
        Action.some((action) => action.startsWith('dynamodb:')),
      );
      const rows = onTable.map(({ Action, Condition }) => [
        Action.map((action) => action.replace('dynamodb:', '')),
        Condition,
      ]);
      const only = (pattern: string) => ({
        'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [pattern] },
      });
      expect(rows).toEqual([
        [['DeleteItem', 'PutItem'], only(`LEASE#tenure/${app}/*`)],
        [['GetItem', 'UpdateItem'], only(`RATE#${app}#*`)],
        ...(isList(name) ? [[['PutItem', 'Query'], only(`RECONCILIATION#${app}#*`)]] : []),
        ...(isGraph(name)
          ? [
              [['Query'], only(`RECONCILIATION#${app}#*`)],
              [['Query'], only(`ROSTER#${app}*`)],
              [['BatchWriteItem'], only(`GRAPH#${app}*`)],
            ]
          : []),
        ...(COMPLIANCE[name] === undefined ? [] : [[COMPLIANCE[name], only('COMPLIANCE#*')]]),
        ...(CONTACTS[name] === undefined ? [] : [[CONTACTS[name], only('CONTACT#*')]]),
      ]);
    },
  );

  it.each([
    ['WorkflowPrepareOnboarding', ['PutItem', 'Query']],
    ['WorkflowPrepareOffboarding', ['GetItem', 'PutItem', 'Query']],
    ['WorkflowRecordAccounts', ['DeleteItem', 'GetItem', 'PutItem']],
    ['WorkflowConclude', ['PutItem']],
  ])('%s does on the identity table only what it has to', (name, actions) => {
    const onTables = listed(rightsOf(name)).filter((line) => !line.startsWith('states:'));
    expect(onTables).toEqual(actions.map((action) => `dynamodb:${action} ${TABLE}`));
    const [forTables, ...others] = keyRights(rightsOf(name));
    expect(forTables).toMatchObject({
      on: [KEY],
      Condition: { StringEquals: { 'kms:ViaService': 'dynamodb.<Region>.amazonaws.com' } },
    });
    expect(others).toHaveLength(name === 'WorkflowConclude' ? 1 : 0);
  });

  it('of all steps in apps DriftSyncContacts alone uses files: it reads those of the CRM, and writes results', () => {
    const using = vendorSteps.filter(({ name }) => rightsOf(name).some(isAboutFiles));
    expect(using.map(({ name }) => name)).toEqual(['DriftSyncContacts']);
    expect(listed(rightsOf('DriftSyncContacts').filter(isAboutFiles))).toEqual([
      inFolder('AbortMultipartUpload', 'contact-sync'),
      inFolder('GetObject', 'contacts'),
      inFolder('PutObject', 'contact-sync'),
    ]);
  });

  it.each([
    [
      'ReconciliationCompare',
      [
        [`dynamodb:Query ${COORDINATION}`, 'RECONCILIATION#*'],
        [`dynamodb:Query ${TABLE}`, 'ROSTER#*'],
        [`dynamodb:BatchWriteItem ${TABLE}`, 'FINDING#*'],
      ],
    ],
    [
      'ReconciliationFix',
      [
        [`dynamodb:Query ${TABLE}`, 'FINDING#*'],
        [`dynamodb:GetItem ${TABLE}`, 'ROSTER#*'],
        [`dynamodb:Query ${TABLE}`, 'EMPLOYEE#*'],
      ],
    ],
    [
      'ReconciliationConclude',
      [
        [`dynamodb:Query ${TABLE}`, 'FINDING#*'],
        [`dynamodb:Query ${TABLE}`, 'GRAPH#*'],
      ],
    ],
    ['ReconciliationPrepare', []],
    ['ContactsPrepare', []],
    ['ContactsConclude', []],
    ['ComplianceWriteFiles', [[`dynamodb:Query ${TABLE}`, 'COMPLIANCE#*']]],
    ['TrainingConclude', [[`dynamodb:PutItem ${TABLE}`, 'EMPLOYEE#*']]],
  ])('%s does only what it has to, and only to the rows it is about', (name, rights) => {
    const onTables = rightsOf(name).filter(({ Action }) =>
      Action.some((action) => action.startsWith('dynamodb:')),
    );
    expect(onTables.map((statement) => [listed([statement])[0], statement.Condition])).toEqual(
      rights.map(([right, rows]) => [
        right,
        { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [rows] } },
      ]),
    );
  });

  it('ReconciliationFix starts offboardings and nothing else; those that write files do in their folders', () => {
    const beyondTables = (name: string) =>
      listed(rightsOf(name)).filter((line) => !line.startsWith('dynamodb:'));
    const offboardings = 'arn:<Partition>:states:<Region>:<AccountId>:execution:tenure-dev-offboarding:*';
    expect(beyondTables('ReconciliationFix')).toEqual([
      `states:DescribeExecution ${offboardings}`,
      'states:StartExecution StateMachine tenure-dev-offboarding',
    ]);
    const files = expect.stringMatching(/^s3:\w+ Bucket \w+\/reconciliation\/\*$/);
    expect(beyondTables('ReconciliationConclude')).toEqual([files, files]);
    expect(beyondTables('ReconciliationPrepare')).toEqual([]);
    const compliance = expect.stringMatching(/^s3:\w+ Bucket \w+\/compliance\/\*$/);
    expect(beyondTables('ComplianceWriteFiles')).toEqual([compliance, compliance]);
    expect(beyondTables('ContactsPrepare')).toEqual([inFolder('GetObject', 'contacts')]);
    expect(beyondTables('ContactsConclude')).toEqual(
      ['AbortMultipartUpload', 'GetObject', 'PutObject'].map((action) => inFolder(action, 'contact-sync')),
    );
  });

  const machines = ['StateMachine tenure-dev-offboarding', 'StateMachine tenure-dev-onboarding'];
  const executions = ['offboarding', 'onboarding'].map(
    (machine) => `arn:<Partition>:states:<Region>:<AccountId>:execution:tenure-dev-${machine}:*`,
  );
  const on = (action: string, resources: string[]) => resources.map((resource) => `${action} ${resource}`);

  it('WorkflowStart starts runs, finds those that are started, and writes dead letters', () => {
    expect(listed(rightsOf('WorkflowStart'))).toEqual([
      'sqs:SendMessage Queue tenure-dev-dead-letters',
      ...on('states:DescribeExecution', executions),
      ...on('states:StartExecution', machines),
    ]);
  });

  it('ApiHandler starts, reads and stops runs, and only reads the identity table', () => {
    expect(listed(rightsOf('ApiHandler'))).toEqual([
      `dynamodb:GetItem ${TABLE}`,
      `dynamodb:Query ${TABLE}`,
      ...on('states:DescribeExecution', executions),
      ...on('states:GetExecutionHistory', executions),
      ...on('states:StartExecution', machines),
      ...on('states:StopExecution', executions),
    ]);
  });

  it.each(['WorkflowStart', 'ApiHandler'])('%s uses the key through other services only', (name) => {
    const rights = keyRights(rightsOf(name));
    expect(rights.length).toBe(2);
    for (const { on: resources, Condition } of rights) {
      expect(resources).toEqual([KEY]);
      expect(Condition).toMatchObject({
        StringEquals: { 'kms:ViaService': expect.stringMatching(/^(states|sqs|dynamodb)\./) },
      });
    }
  });

  it.each(STATE_MACHINES)('the %s invokes exactly its steps', (machine) => {
    const { RoleArn } = only('AWS::StepFunctions::StateMachine', {
      StateMachineName: `tenure-dev-${machine}`,
    });
    expect(listed(access(RoleArn))).toEqual(
      stepNames(loadStateMachine(machine))
        .map((name) => `lambda:InvokeFunction Function tenure-dev-${name}`)
        .sort(),
    );
  });

  it('name their resources, except for traces, the delivery of logs and random passwords, where AWS takes * only', () => {
    // https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html, concept-xray-tracing.html
    const forced = [
      'secretsmanager:GetRandomPassword',
      ...XRAY,
      'xray:GetSamplingRules',
      'xray:GetSamplingTargets',
      'logs:CreateLogDelivery',
      'logs:GetLogDelivery',
      'logs:UpdateLogDelivery',
      'logs:DeleteLogDelivery',
      'logs:ListLogDeliveries',
      'logs:PutResourcePolicy',
      'logs:DescribeResourcePolicies',
      'logs:DescribeLogGroups',
    ];
    const policies = all('AWS::IAM::Policy').flatMap(([, { Properties }]) =>
      statements(Properties.PolicyDocument),
    );
    expect(policies.length).toBeGreaterThan(90);
    for (const { Action, Resource: resources } of policies) {
      for (const action of Action) expect(action).not.toContain('*');
      if (resources.includes('*')) expect(forced).toEqual(expect.arrayContaining(Action));
    }
  });
});

describe("the rotation of Driftwood's password", () => {
  const NAME = 'DriftwoodRotatePassword';
  const PASSWORD = 'Secret tenure/driftwood/password';

  it('reads, stores and labels that password, reads the token to call with, and nothing else', () => {
    const onSecrets = listed(rightsOf(NAME)).filter((line) => !line.startsWith('dynamodb:'));
    expect(onSecrets).toEqual([
      `secretsmanager:DescribeSecret ${PASSWORD}`,
      'secretsmanager:GetRandomPassword *',
      `secretsmanager:GetSecretValue ${PASSWORD}`,
      'secretsmanager:GetSecretValue Secret tenure/driftwood/rest',
      `secretsmanager:PutSecretValue ${PASSWORD}`,
      `secretsmanager:UpdateSecretVersionStage ${PASSWORD}`,
    ]);
    const rows = rightsOf(NAME).flatMap(({ Action, Condition }) =>
      Action.some((action) => action.startsWith('dynamodb:')) ? [JSON.stringify(Condition)] : [],
    );
    expect(rows).toEqual([
      expect.stringContaining('LEASE#tenure/driftwood/*'),
      expect.stringContaining('RATE#driftwood#*'),
    ]);
  });

  it('uses the key for that password and its own token only', () => {
    const ofSecrets = keyRights(rightsOf(NAME)).filter(({ Condition }) =>
      JSON.stringify(Condition).includes('SecretARN'),
    );
    const under = (arns: unknown) => ({
      StringEquals: {
        'kms:ViaService': 'secretsmanager.<Region>.amazonaws.com',
        'kms:EncryptionContext:SecretARN': arns,
      },
    });
    expect(ofSecrets).toEqual([
      { Action: ['kms:Decrypt'], on: [KEY], Condition: under(['Secret tenure/driftwood/rest']) },
      { Action: ['kms:Decrypt', 'kms:GenerateDataKey'], on: [KEY], Condition: under([PASSWORD]) },
    ]);
  });

  it('is begun by Secrets Manager, for that password, in the interval that is set', () => {
    const { RotationLambdaARN, RotationRules, SecretId } = only('AWS::SecretsManager::RotationSchedule');
    expect([read(RotationLambdaARN), read(SecretId)]).toEqual([`Function tenure-dev-${NAME}`, PASSWORD]);
    expect(RotationRules).toEqual({ AutomaticallyAfterDays: 30 });
    const permission = only('AWS::Lambda::Permission', { Principal: 'secretsmanager.amazonaws.com' });
    expect(read(permission.FunctionName)).toBe(`Function tenure-dev-${NAME}`);
    expect([read(permission.SourceArn), read(permission.SourceAccount)]).toEqual([PASSWORD, '<AccountId>']);
  });

  it('begins at once, so after the Lambda may do it and be invoked', () => {
    const [[, schedule] = []] = all('AWS::SecretsManager::RotationSchedule');
    const needed = [...all('AWS::IAM::Policy'), ...all('AWS::Lambda::Permission')].filter(([id]) =>
      id.startsWith('DriftwoodPassword'),
    );
    expect(needed).toHaveLength(2);
    expect(schedule?.DependsOn).toEqual(expect.arrayContaining(needed.map(([id]) => id)));
  });

  it('is not there unless it is set, and the secret is', () => {
    expect(other.all('AWS::SecretsManager::RotationSchedule')).toEqual([]);
    expect(other.text).not.toContain(NAME);
    expect(other.text).not.toContain('GetRandomPassword');
    expect(other.only('AWS::SecretsManager::Secret', { Name: 'tenure/driftwood/password' })).toBeDefined();
  });
});

describe.each(STATE_MACHINES)('the state machine %s', (machine) => {
  const properties = only('AWS::StepFunctions::StateMachine', { StateMachineName: `tenure-dev-${machine}` });

  it('has every placeholder filled with the Lambda of that name', () => {
    const substitutions = z.parse(z.record(z.string(), z.unknown()), properties.DefinitionSubstitutions);
    const expected = stepNames(loadStateMachine(machine)).map((name) => [
      name,
      `Function tenure-dev-${name}`,
    ]);
    expect(Object.entries(substitutions).map(([name, arn]) => [name, read(arn)])).toEqual(
      expect.arrayContaining(expected),
    );
    expect(Object.keys(substitutions)).toHaveLength(expected.length);
  });

  it('is the definition in state-machines/', () => {
    expect(JSON.parse(String(properties.DefinitionString))).toEqual(loadStateMachine(machine));
    expect(properties.StateMachineType).toBe('STANDARD');
  });

  it('logs all events without their data, and forgets them', () => {
    expect(properties.LoggingConfiguration).toMatchObject({ Level: 'ALL', IncludeExecutionData: false });
    const { RetentionInDays } = only('AWS::Logs::LogGroup', {
      LogGroupName: `/aws/vendedlogs/states/tenure-dev-${machine}`,
    });
    expect(RetentionInDays).toBe(90);
  });

  it('is traced', () => expect(properties.TracingConfiguration).toEqual({ Enabled: true }));

  it("encrypts execution data with the customer's own key", () => {
    const Encryption = z.object({ Type: z.literal('CUSTOMER_MANAGED_KMS_KEY'), KmsKeyId: z.unknown() });
    expect(read(Encryption.parse(properties.EncryptionConfiguration).KmsKeyId)).toBe(KEY);
  });
});

describe('the data', () => {
  const identity = only('AWS::DynamoDB::Table', { TableName: 'tenure-dev-identity' });
  const coordination = only('AWS::DynamoDB::Table', { TableName: 'tenure-dev-coordination' });
  const keys = [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ];

  it.each([identity, coordination])(
    '$TableName has string keys, is paid per request and encrypted with the key',
    (table) => {
      expect(table).toMatchObject({
        KeySchema: keys,
        AttributeDefinitions: keys.map(({ AttributeName }) => ({ AttributeName, AttributeType: 'S' })),
        BillingMode: 'PAY_PER_REQUEST',
        SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
      });
      expect(
        read(z.object({ KMSMasterKeyId: z.unknown() }).parse(table.SSESpecification).KMSMasterKeyId),
      ).toBe(KEY);
    },
  );

  it('keeps the identity table recoverable to any second', () => {
    expect(identity.PointInTimeRecoverySpecification).toEqual({ PointInTimeRecoveryEnabled: true });
  });

  it('protects the identity table from deletion', () => {
    expect(identity.DeletionProtectionEnabled).toBe(true);
  });

  it('lets rows of the coordination table expire', () => {
    expect(coordination.TimeToLiveSpecification).toEqual({ AttributeName: 'expiresAt', Enabled: true });
  });

  it('has one secret per vendor surface and per vendor with webhooks, under the key', () => {
    const secrets = all('AWS::SecretsManager::Secret').map(([, { Properties }]) => Properties);
    expect(secrets.map(({ Name }) => Name)).toEqual([
      ...ALL_SURFACES.map(secretName),
      'tenure/drift/webhook',
      'tenure/pipedrive/webhook',
      'tenure/driftwood/password',
    ]);
    for (const { KmsKeyId } of secrets) expect(read(KmsKeyId)).toBe(KEY);
  });

  it('has no value of a secret in the template, only how to store one', () => {
    expect(deployment.text).not.toMatch(/"SecretString"|"GenerateSecretString"|resolve:secretsmanager/);
    for (const [, { Properties }] of all('AWS::SecretsManager::Secret'))
      expect(Properties.Description).toContain(`put-secret-value --secret-id ${Properties.Name}`);
  });

  it('rotates the key', () => expect(only('AWS::KMS::Key').EnableKeyRotation).toBe(true));

  it('lets only the account and three AWS services use the key, EventBridge and CloudWatch for this account only', () => {
    const policy = statements(only('AWS::KMS::Key').KeyPolicy);
    const service = z.object({ Service: z.string() });
    const byService = policy.flatMap((statement) => {
      const principal = z.safeParse(service, statement.Principal).data;
      return principal === undefined ? [] : [{ ...statement, service: principal.Service }];
    });
    expect(policy.length - byService.length).toBe(1);
    expect(new Set(byService.map((statement) => statement.service))).toEqual(
      new Set(['delivery.logs.amazonaws.com', 'events.amazonaws.com', 'cloudwatch.amazonaws.com']),
    );
    for (const { service: name, Condition } of byService.filter(
      ({ service: other }) => !other.startsWith('delivery'),
    ))
      expect(JSON.stringify(Condition), name).toContain('<AccountId>');
  });

  const kept = (resources: ReturnType<typeof synthesize>) =>
    Object.fromEntries(
      [
        'AWS::DynamoDB::Table',
        'AWS::SecretsManager::Secret',
        'AWS::KMS::Key',
        'AWS::SQS::Queue',
        'AWS::S3::Bucket',
      ].map((type) => [
        type,
        [
          ...new Set(
            resources
              .all(type)
              .filter(isData)
              .map(([, { DeletionPolicy }]) => DeletionPolicy),
          ),
        ],
      ]),
    );
  const isData = ([, { Properties }]: [string, Resource]) =>
    !String(Properties.TableName).endsWith('-coordination');

  it('survives the stack', () => {
    for (const policies of Object.values(kept(deployment))) expect(policies).toEqual(['Retain']);
  });

  it('goes with the stack when that is asked for', () => {
    for (const policies of Object.values(kept(other))) expect(policies).toEqual(['Delete']);
    const table = other.only('AWS::DynamoDB::Table', { TableName: 'tenure-prod-identity' });
    expect(table.DeletionProtectionEnabled).toBe(false);
  });
});

describe('the nightly reconciliation', () => {
  const Target = z.object({
    Arn: z.unknown(),
    RoleArn: z.unknown(),
    Input: z.string(),
    DeadLetterConfig: z.object({ Arn: z.unknown() }),
  });
  const schedule = only('AWS::Scheduler::Schedule', { Name: 'tenure-dev-reconciliation' });
  const target = Target.parse(schedule.Target);

  it('starts at two, mends nothing unless that is asked for', () => {
    expect(schedule).toMatchObject({
      ScheduleExpression: 'cron(0 2 * * ? *)',
      ScheduleExpressionTimezone: 'Etc/UTC',
    });
    expect(read(target.Arn)).toBe('StateMachine tenure-dev-reconciliation');
    expect(JSON.parse(target.Input)).toEqual({ fix: [] });
    const { Target: otherTarget } = other.only('AWS::Scheduler::Schedule', {
      Name: 'tenure-prod-reconciliation',
    });
    expect(JSON.parse(Target.parse(otherTarget).Input)).toEqual({
      fix: ['leaver_can_log_in'],
      apps: ['pipedrive', 'drift'],
    });
  });

  it('may start that state machine, with its key, and nothing else', () => {
    expect(listed(access(target.RoleArn))).toEqual([
      'sqs:SendMessage Queue tenure-dev-dead-letters',
      'states:StartExecution StateMachine tenure-dev-reconciliation',
    ]);
    expect(keyRights(access(target.RoleArn))).toMatchObject([{ on: [KEY] }, { on: [KEY] }]);
  });

  it('tells the dead letters when that was refused for an hour', () => {
    expect(schedule.Target).toMatchObject({ RetryPolicy: { MaximumEventAgeInSeconds: 3600 } });
    expect(read(target.DeadLetterConfig.Arn)).toBe('Queue tenure-dev-dead-letters');
  });
});

describe('the hourly compliance sync', () => {
  const Target = z.object({
    Arn: z.unknown(),
    RoleArn: z.unknown(),
    DeadLetterConfig: z.object({ Arn: z.unknown() }),
  });
  const schedule = only('AWS::Scheduler::Schedule', { Name: 'tenure-dev-compliance-sync' });
  const target = Target.parse(schedule.Target);

  it('starts every hour, and never where that is not wanted', () => {
    expect(schedule).toMatchObject({ ScheduleExpression: 'cron(0 * * * ? *)' });
    expect(read(target.Arn)).toBe('StateMachine tenure-dev-compliance-sync');
    expect(other.all('AWS::Scheduler::Schedule').map(([, { Properties }]) => Properties.Name)).toEqual([
      'tenure-prod-reconciliation',
    ]);
  });

  it('may start that state machine, with its key, and nothing else', () => {
    expect(listed(access(target.RoleArn))).toEqual([
      'sqs:SendMessage Queue tenure-dev-dead-letters',
      'states:StartExecution StateMachine tenure-dev-compliance-sync',
    ]);
    expect(keyRights(access(target.RoleArn))).toMatchObject([{ on: [KEY] }, { on: [KEY] }]);
  });

  it('tells the dead letters when that was refused for an hour', () => {
    expect(schedule.Target).toMatchObject({ RetryPolicy: { MaximumEventAgeInSeconds: 3600 } });
    expect(read(target.DeadLetterConfig.Arn)).toBe('Queue tenure-dev-dead-letters');
  });

  it.each(['DrataSyncCompliance', 'DrataAskPending'])(
    '%s may put tenure’s own events on the bus, and no HR event',
    (name) => {
      const puts = rightsOf(name).filter(({ Action }) => Action.includes('events:PutEvents'));
      expect(puts).toMatchObject([
        {
          Resource: ['EventBus tenure-dev-hr'],
          Condition: { 'ForAllValues:StringEquals': { 'events:source': 'tenure' } },
        },
      ]);
    },
  );
});

describe('the training follow-ups', () => {
  const FUNCTION = 'AWS::Lambda::Function';
  const conclude = only(FUNCTION, { FunctionName: 'tenure-dev-WorkflowConclude' });
  const machine = 'StateMachine tenure-dev-training-follow-up';

  it('are started by the end of an onboarding, which may start that state machine with its key, and no other', () => {
    const rights = rightsOf('WorkflowConclude');
    const starts = rights.filter(({ Action }) => Action.some((action) => action.startsWith('states:')));
    expect(listed(starts)).toEqual([`states:StartExecution ${machine}`]);
    expect(keyRights(rights).at(-1)).toEqual({
      Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
      on: [KEY],
      Condition: {
        StringEquals: {
          'kms:ViaService': 'states.<Region>.amazonaws.com',
          'kms:EncryptionContext:aws:states:stateMachineArn': [machine],
        },
      },
    });
  });

  it('are told where and when, and are none where that is not wanted', () => {
    const Variables = z.object({ Variables: z.record(z.string(), z.unknown()) });
    const variables = Variables.parse(conclude.Environment).Variables;
    expect(variables.TRAINING_DUE_DAYS).toBe('30');
    expect(read(variables.TRAINING_FOLLOW_UP_STATE_MACHINE_ARN)).toBe(machine);
    const without = other.only(FUNCTION, { FunctionName: 'tenure-prod-WorkflowConclude' });
    expect(Object.keys(Variables.parse(without.Environment).Variables)).not.toContain('TRAINING_DUE_DAYS');
    expect(JSON.stringify(other.access(without.Role))).not.toContain('states:');
  });
});

describe('the files', () => {
  const bucket = only('AWS::S3::Bucket');

  it('are encrypted with the key, versioned, never public, and forgotten', () => {
    const Encryption = z.object({
      ServerSideEncryptionConfiguration: z.tuple([
        z.object({ ServerSideEncryptionByDefault: z.object({ KMSMasterKeyID: z.unknown() }) }),
      ]),
    });
    const [rule] = Encryption.parse(bucket.BucketEncryption).ServerSideEncryptionConfiguration;
    expect(read(rule.ServerSideEncryptionByDefault.KMSMasterKeyID)).toBe(KEY);
    expect(bucket).toMatchObject({
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      VersioningConfiguration: { Status: 'Enabled' },
      LifecycleConfiguration: {
        Rules: [
          { Status: 'Enabled', ExpirationInDays: 400 },
          { Status: 'Enabled', ExpirationInDays: 30, Prefix: 'contacts/' },
        ],
      },
    });
  });

  it('are read and written over TLS only', () => {
    expect(statements(only('AWS::S3::BucketPolicy').PolicyDocument)).toContainEqual(
      expect.objectContaining({
        Effect: 'Deny',
        Action: ['s3:*'],
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      }),
    );
  });
});

describe('the HR bus', () => {
  const queue = 'Queue tenure-dev-dead-letters';
  const bus = only('AWS::Events::EventBus');

  it('is encrypted with the key', () => {
    expect(bus.Name).toBe('tenure-dev-hr');
    expect(read(bus.KmsKeyIdentifier)).toBe(KEY);
  });

  it('archives every event of HR for a year, and none of its own, encrypted with the key', () => {
    const archive = only('AWS::Events::Archive');
    expect(read(archive.SourceArn)).toBe('EventBus tenure-dev-hr');
    expect(archive).toMatchObject({ RetentionDays: 365 });
    expect(archive.EventPattern).toEqual({ source: ['hr'] });
    expect(read(archive.KmsKeyIdentifier)).toBe(KEY);
  });

  it('sends employee events of HR to the start function, again and again for a day, then to the dead letters', () => {
    const rule = only('AWS::Events::Rule', { Name: 'tenure-dev-employee-events' });
    expect(read(rule.EventBusName)).toBe('EventBus tenure-dev-hr');
    expect(rule.EventPattern).toEqual({ source: ['hr'], 'detail-type': [{ prefix: 'employee.' }] });
    const Target = z.object({
      Arn: z.unknown(),
      DeadLetterConfig: z.object({ Arn: z.unknown() }),
      RetryPolicy: z.unknown(),
    });
    const [target, another] = z.array(Target).parse(rule.Targets);
    expect(another).toBeUndefined();
    expect(read(target?.Arn)).toBe('Function tenure-dev-WorkflowStart');
    expect(read(target?.DeadLetterConfig.Arn)).toBe(queue);
    expect(target?.RetryPolicy).toEqual({ MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 });
  });

  it('puts an event that the start function refuses among the dead letters, with the reason', () => {
    const invocation = only('AWS::Lambda::EventInvokeConfig', {
      FunctionName: 'Function tenure-dev-WorkflowStart',
    });
    expect(invocation).toMatchObject({ MaximumEventAgeInSeconds: 21_600, MaximumRetryAttempts: 2 });
    const OnFailure = z.object({ OnFailure: z.object({ Destination: z.unknown() }) });
    expect(read(OnFailure.parse(invocation.DestinationConfig).OnFailure.Destination)).toBe(queue);
  });

  it('keeps dead letters for two weeks, encrypted with the key', () => {
    const properties = only('AWS::SQS::Queue');
    expect(properties.MessageRetentionPeriod).toBe(14 * 24 * 60 * 60);
    expect(read(properties.KmsMasterKeyId)).toBe(KEY);
  });

  it('takes dead letters from its own rules and bus only, and over TLS only', () => {
    const policy = statements(only('AWS::SQS::QueuePolicy').PolicyDocument);
    const sources = policy.filter(({ Effect }) => Effect === 'Allow');
    expect(sources.map(({ Condition }) => Condition)).toEqual([
      { ArnEquals: { 'aws:SourceArn': 'EventBus tenure-dev-hr' } },
      { ArnEquals: { 'aws:SourceArn': 'Rule tenure-dev-employee-events' } },
      { ArnEquals: { 'aws:SourceArn': 'Rule tenure-dev-drift-webhooks' } },
      { ArnEquals: { 'aws:SourceArn': 'Rule tenure-dev-pipedrive-webhooks' } },
    ]);
    expect(policy).toContainEqual(
      expect.objectContaining({
        Effect: 'Deny',
        Action: ['sqs:*'],
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      }),
    );
  });
});

describe('the API', () => {
  const routes = (deployed: typeof deployment) =>
    deployed
      .all('AWS::ApiGatewayV2::Route')
      .map(([, { Properties }]) => Properties)
      .filter(({ RouteKey }) => !String(RouteKey).includes('/webhooks/'));

  it('has the routes of functions/api/app.ts, and one that lets it refuse all others', () => {
    const region = 'eu-central-1';
    const app = createApp({
      machines: { client: new SFNClient({ region }), arns: { onboarding: '', offboarding: '' } },
      store: identityStore('tenure-identity', new DynamoDBClient({ region })),
      graph: graphStore('tenure-identity', { client: new DynamoDBClient({ region }) }),
    });
    const handled = app.routes
      .filter(({ method }) => method !== 'ALL')
      .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
    expect(
      routes(deployment)
        .map(({ RouteKey }) => RouteKey)
        .sort(),
    ).toEqual(['$default', ...handled.sort()]);
  });

  it('asks for AWS credentials on every route', () => {
    for (const route of routes(deployment)) expect(route.AuthorizationType).toBe('AWS_IAM');
  });

  it('asks for a token of the issuer on every route, once there is one', () => {
    const [authorizer, another] = other.all('AWS::ApiGatewayV2::Authorizer');
    expect(another).toBeUndefined();
    expect(authorizer?.[1].Properties).toMatchObject({
      AuthorizerType: 'JWT',
      JwtConfiguration: { Issuer: 'https://id.northlight.example', Audience: ['tenure'] },
      IdentitySource: ['$request.header.Authorization'],
    });
    expect(routes(other)).toHaveLength(routes(deployment).length);
    for (const route of routes(other)) {
      expect(route.AuthorizationType).toBe('JWT');
      expect(route.AuthorizerId).toEqual({ Ref: authorizer?.[0] });
    }
  });

  const stage = only('AWS::ApiGatewayV2::Stage');

  it('throttles', () => {
    expect(stage.DefaultRouteSettings).toEqual({ ThrottlingRateLimit: 20, ThrottlingBurstLimit: 40 });
  });

  it('logs who asked for what, without addresses and bodies, and forgets it', () => {
    const AccessLog = z.object({ DestinationArn: z.unknown(), Format: z.string() });
    const { DestinationArn, Format } = AccessLog.parse(stage.AccessLogSettings);
    const LogGroupName = '/aws/vendedlogs/apigateway/tenure-dev';
    expect(read(DestinationArn)).toBe(`LogGroup ${LogGroupName}`);
    expect(only('AWS::Logs::LogGroup', { LogGroupName }).RetentionInDays).toBe(90);
    expect(JSON.parse(Format)).toMatchObject({
      requestId: '$context.requestId',
      routeKey: '$context.routeKey',
      status: '$context.status',
      caller: '$context.identity.userArn',
    });
    expect(Format).not.toMatch(/sourceIp|\.path|body/i);
  });
});

describe('the webhooks', () => {
  const vendors = ['drift', 'pipedrive'];
  const routes = all('AWS::ApiGatewayV2::Route')
    .map(([, { Properties }]) => Properties)
    .filter(({ AuthorizationType }) => AuthorizationType === 'NONE');

  it('are the only routes that API Gateway lets everybody call, and have a limit of their own', () => {
    const keys = vendors.map((vendor) => `POST /webhooks/${vendor}`);
    expect(routes.map(({ RouteKey }) => RouteKey)).toEqual(keys);
    const limit = { ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100 };
    expect(only('AWS::ApiGatewayV2::Stage').RouteSettings).toEqual(
      Object.fromEntries(keys.map((key) => [key, limit])),
    );
  });

  const bus = 'EventBus tenure-dev-hr';
  const coordination = 'Table tenure-dev-coordination';

  it('are taken by a Lambda that has their secrets, their rows and the bus, and nothing else', () => {
    const rights = rightsOf('WebhooksReceive');
    expect(listed(rights)).toEqual([
      `dynamodb:DeleteItem ${coordination}`,
      `dynamodb:GetItem ${coordination}`,
      `dynamodb:PutItem ${coordination}`,
      `events:PutEvents ${bus}`,
      'secretsmanager:GetSecretValue Secret tenure/drift/webhook',
      'secretsmanager:GetSecretValue Secret tenure/pipedrive/webhook',
    ]);
    const conditionOf = (action: string) =>
      rights.find(({ Action }) => Action.includes(action))?.Condition ?? null;
    expect(conditionOf('dynamodb:PutItem')).toEqual({
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['WEBHOOK#drift#*', 'WEBHOOK#pipedrive#*'] },
    });
    // Otherwise it could make up a leaver.
    expect(conditionOf('events:PutEvents')).toEqual({
      'ForAllValues:StringEquals': { 'events:source': 'tenure' },
    });
  });

  it('are taken by a Lambda that may use the key for these secrets and rows', () => {
    expect(keyRights(rightsOf('WebhooksReceive'))).toEqual([
      {
        Action: ['kms:Decrypt'],
        on: [KEY],
        Condition: {
          StringEquals: {
            'kms:ViaService': 'secretsmanager.<Region>.amazonaws.com',
            'kms:EncryptionContext:SecretARN': vendors.map((vendor) => `Secret tenure/${vendor}/webhook`),
          },
        },
      },
      expect.objectContaining({
        Condition: { StringEquals: { 'kms:ViaService': 'dynamodb.<Region>.amazonaws.com' } },
      }),
    ]);
  });

  const identity = 'Table tenure-dev-identity';
  const row = (table: string, actions: string[], pattern: string) => ({
    Action: actions.map((action) => `dynamodb:${action}`),
    Resource: [table],
    Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [pattern] } },
  });

  it.each([
    {
      name: 'WebhooksProcessDrift',
      vendor: 'drift',
      own: [row(coordination, ['GetItem', 'PutItem'], 'WEBHOOK#drift#*')],
    },
    {
      name: 'WebhooksProcessPipedrive',
      vendor: 'pipedrive',
      own: [
        row(identity, ['GetItem', 'PutItem', 'Query'], 'EMPLOYEE#*'),
        row(identity, ['GetItem', 'PutItem'], 'ACCOUNT#pipedrive#*'),
        row(identity, ['PutItem'], 'FINDING#webhook#pipedrive#*'),
      ],
    },
  ])('are processed by $name with what its vendor and its rows need', ({ name, vendor, own }) => {
    const rights = rightsOf(name);
    const isOnRows = ({ Action }: Statement) => Action.some((action) => action.startsWith('dynamodb:'));
    expect(rights.filter(isOnRows)).toMatchObject([
      row(coordination, ['DeleteItem', 'PutItem'], `LEASE#tenure/${vendor}/*`),
      row(coordination, ['GetItem', 'UpdateItem'], `RATE#${vendor}#*`),
      ...own,
    ]);
    const secrets = ['rest', 'scim'].map((surface) => `Secret tenure/${vendor}/${surface}`);
    expect(listed(rights.filter((right) => !isOnRows(right)))).toEqual([
      `events:PutEvents ${bus}`,
      ...['GetSecretValue', 'PutSecretValue', 'UpdateSecretVersionStage'].flatMap((action) =>
        secrets.map((secret) => `secretsmanager:${action} ${secret}`),
      ),
      'sqs:SendMessage Queue tenure-dev-dead-letters',
    ]);
  });

  it.each([
    ['drift', 'WebhooksProcessDrift'],
    ['pipedrive', 'WebhooksProcessPipedrive'],
  ])('of %s go from the bus to %s, again and again for a day, then to the dead letters', (vendor, name) => {
    const rule = only('AWS::Events::Rule', { Name: `tenure-dev-${vendor}-webhooks` });
    expect(rule.EventPattern).toEqual({
      source: ['tenure'],
      'detail-type': ['webhook.received'],
      detail: { vendor: [vendor] },
    });
    expect(JSON.stringify(rule.Targets)).toContain('"MaximumRetryAttempts":185');
    expect(JSON.stringify(rule.Targets)).toContain('"DeadLetterConfig":{"Arn":{"Fn::GetAtt":["HrDeadLetters');
    const invocation = only('AWS::Lambda::EventInvokeConfig', {
      FunctionName: `Function tenure-dev-${name}`,
    });
    expect(JSON.stringify(invocation.DestinationConfig)).toContain('HrDeadLetters');
  });
});

describe('the template', () => {
  it.each([deployment, other])('has no finding of cdk-nag', ({ app }) => {
    const { violations } = new AwsSolutionsChecks().validateScope(app);
    expect(violations.map(({ ruleName, violatingResources }) => [ruleName, violatingResources])).toEqual([]);
  });

  it('says why, wherever a finding of cdk-nag is accepted', () => {
    const accepted = deployment.app.node
      .findAll()
      .flatMap(({ node }) => node.metadata)
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap(({ data }) => Object.entries(z.parse(z.record(z.string(), z.string()), data)));
    expect(accepted.length).toBeGreaterThan(40);
    for (const [rule, reason] of accepted) expect(reason, rule).toMatch(/^[A-Z].{30,}\.$/);
  });

  it('is below what CloudFormation takes', () => {
    expect(deployment.text.length).toBeLessThan(1_000_000);
  });
});
