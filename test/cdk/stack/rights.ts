import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { FILE_FOLDERS } from '../../../functions/files/folders.ts';
import { APPS } from '../../../functions/shared/apps.ts';
import type { Statement } from '../synthesize.ts';
import { deployment, KEY, listed, rightsOf, STEPS } from './deployments.ts';

const { all, read, roles } = deployment;

const BUCKET = read({ Ref: all('AWS::S3::Bucket')[0]?.[0] });

type Context = Record<string, string[]>;

const Texts = z.pipe(
  z.union([z.string(), z.array(z.string())]),
  z.transform((value) => [value].flat()),
);
const Conditions = z.record(z.string(), z.record(z.string(), Texts));

/** The service through which the key is used, and the encryption context; without what these are called. */
function useOfKey({ Condition }: Statement): { service: string | undefined; context: Context } {
  const conditions = Object.values(z.parse(Conditions, Condition)).flatMap((keys) => Object.entries(keys));
  const context = Object.fromEntries(
    conditions.map(([name, values]) => [name.replace('kms:EncryptionContext:', ''), values]),
  );
  return { service: context['kms:ViaService']?.[0]?.split('.')[0], context };
}

/** The names of the tables whose rows a role may touch. */
function onTables(role: readonly Statement[]): string[] {
  const rights = role.filter(({ Action }) => Action.some((action) => action.startsWith('dynamodb:')));
  return rights.flatMap(({ Resource: tables }) => tables.map(String));
}

/** A state machine encrypts its own execution data and its own log. */
function isOfMachine(right: Statement): boolean {
  const { context } = useOfKey(right);
  const [own] = context['aws:states:stateMachineArn'] ?? [];
  return own !== undefined || context.SourceArn?.join() === 'arn:<Partition>:logs:<Region>:<AccountId>:*';
}

const LeadingKeys = z.object({
  'ForAllValues:StringLike': z.object({ 'dynamodb:LeadingKeys': z.array(z.string()).check(z.minLength(1)) }),
});

describe('the rights', () => {
  const XRAY = ['xray:PutTelemetryRecords', 'xray:PutTraceSegments'];

  const COORDINATION = 'Table tenure-dev-coordination';
  const TABLE = 'Table tenure-dev-identity';
  const inFolder = (action: string, folder: string) =>
    expect.stringMatching(new RegExp(`^s3:${action} Bucket \\w+/${folder}/\\*$`));

  /** Actions, how the rows' keys begin, and the table where it is another. */
  type RowRight = [string, string | string[], string?];

  // What moves all that is known of an employee to another id.
  const MOVES: RowRight[] = [
    ['DeleteItem GetItem PutItem Query', 'EMPLOYEE#*'],
    ['DeleteItem PutItem', 'ADDRESS#*'],
    ['GetItem PutItem', 'ACCOUNT#*'],
    ['DeleteItem GetItem PutItem', 'ROSTER#*'],
  ];
  const INDEXES: RowRight = ['PutItem', 'RUN#*'];
  // It also asks who has the address that an event names.
  const MOVES_AND_ASKS = MOVES.map(
    ([actions, keys]): RowRight => [keys === 'ADDRESS#*' ? `${actions} Query` : actions, keys],
  );

  it.each<[string, RowRight[]]>([
    ['WorkflowStart', [['GetItem PutItem Query', 'EMPLOYEE#*'], INDEXES]],
    ['WorkflowPrepareOnboarding', [...MOVES_AND_ASKS, INDEXES]],
    [
      'WorkflowPrepareOffboarding',
      [['GetItem PutItem Query', 'EMPLOYEE#*'], ['Query', 'ADDRESS#*'], INDEXES],
    ],
    ['WorkflowPrepareUpdate', [...MOVES_AND_ASKS.filter(([, keys]) => keys !== 'ROSTER#*'), INDEXES]],
    ['WorkflowWarnNewOwner', [['UpdateItem', 'EMPLOYEE#*']]],
    ['WorkflowBegin', [...MOVES_AND_ASKS, INDEXES]],
    ['WorkflowKeepTrying', [['GetItem UpdateItem', 'EMPLOYEE#*']]],
    [
      'WorkflowRecordAccounts',
      [
        ['GetItem PutItem UpdateItem', 'EMPLOYEE#*'],
        ['DeleteItem GetItem PutItem', 'ACCOUNT#*'],
        ['PutItem', 'ROSTER#*'],
      ],
    ],
    [
      'WorkflowConclude',
      [
        ['GetItem PutItem Query UpdateItem', 'EMPLOYEE#*'],
        ['UpdateItem', 'ADDRESS#*'],
        ['UpdateItem', 'ROSTER#*'],
        ['GetItem', 'HOLD#*'],
        ['PutItem Query', 'RUN#*'],
      ],
    ],
    [
      'ApiHandler',
      [
        ['DeleteItem GetItem PutItem Query', 'EMPLOYEE#*'],
        ['DeleteItem PutItem Query', 'ADDRESS#*'],
        ['DeleteItem GetItem PutItem', 'ACCOUNT#*'],
        ['DeleteItem GetItem PutItem', 'ROSTER#*'],
        ['GetItem', 'GRAPH#*'],
        ['DeleteItem GetItem Query', 'FINDING#*'],
        ['Query', 'RECONCILED#ALL'],
        ['GetItem PutItem Query', 'ACCEPTED#*'],
        ['GetItem PutItem', 'HOLD#*'],
        ['PutItem Query', 'RUN#*'],
        ['GetItem PutItem', 'PLAN#*', COORDINATION],
        ['GetItem', APPS.map((app) => `DOCTOR#${app}`)],
      ],
    ],
    [
      'WorkflowGate',
      [
        ['GetItem PutItem', 'GATE#*'],
        ['GetItem', 'HOLD#*'],
        ['Query', 'EMPLOYEE#*'],
        ['GetItem Query', 'ROSTER#*'],
      ],
    ],
    [
      'WorkflowHold',
      [['GetItem PutItem', 'HOLD#*'], ['PutItem', 'GATE#*'], ['GetItem PutItem', 'EMPLOYEE#*'], INDEXES],
    ],
    [
      'ReconciliationCompare',
      [
        ['Query', 'RECONCILIATION#*', COORDINATION],
        ['PutItem Query', 'ROSTER#*'],
        ['BatchWriteItem', 'FINDING#*'],
        ['PutItem', 'RECONCILED#ALL'],
        ['PutItem Query', 'RUN#*'],
        ['GetItem PutItem Query', 'EMPLOYEE#*'],
        ['DeleteItem GetItem PutItem', 'ACCOUNT#*'],
        ['Query', 'ADDRESS#*'],
      ],
    ],
    [
      'ReconciliationFix',
      [
        ['Query', 'FINDING#*'],
        ['GetItem', 'ACCEPTED#*'],
        ['GetItem', 'ROSTER#*'],
        ['GetItem PutItem Query', 'EMPLOYEE#*'],
        INDEXES,
      ],
    ],
    [
      'ReconciliationConclude',
      [
        ['Query', 'FINDING#*'],
        ['Query', 'GRAPH#*'],
      ],
    ],
    // Of an import of people.
    [
      'ReconciliationPrepare',
      [
        ['GetItem PutItem', 'EMPLOYEE#*'],
        ['PutItem Query', 'ADDRESS#*'],
      ],
    ],
    ['ContactsPrepare', []],
    ['ContactsConclude', []],
    ['ComplianceWriteFiles', [['Query', 'COMPLIANCE#drata']]],
    ['TrainingConclude', [['PutItem Query', 'EMPLOYEE#*'], INDEXES]],
  ])('%s does only what it has to, and only to the rows it is about', (name, rights) => {
    const onTables = rightsOf(name).filter(({ Action }) =>
      Action.some((action) => action.startsWith('dynamodb:')),
    );
    expect(
      onTables.map(({ Action, Resource, Condition }) => [
        Action.map((action) => action.replace('dynamodb:', '')).join(' '),
        Resource,
        Condition,
      ]),
    ).toEqual(
      rights.map(([actions, rows, table = TABLE]) => [
        actions,
        [table],
        { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [rows].flat() } },
      ]),
    );
  });

  it('every right on the rows of a table says how their keys begin', () => {
    const onTables = roles()
      .flat()
      .filter(({ Action }) => Action.some((action) => action.startsWith('dynamodb:')))
      .filter(({ Action }) => !Action.includes('dynamodb:Scan'));
    expect(onTables.length).toBeGreaterThan(100);
    for (const { Condition } of onTables) {
      const keys = z.parse(LeadingKeys, Condition)['ForAllValues:StringLike']['dynamodb:LeadingKeys'];
      for (const key of keys) expect(key).toMatch(/^[A-Z]+#([^*]*[^*#]|([^*]*#)?\*)$/);
    }
  });

  it('only the Lambda that forgets people goes through a whole table, and through all files', () => {
    const all = listed(rightsOf('ApiErase')).filter((line) => /^(dynamodb|s3):/.test(line));
    const files = (action: string) =>
      // As `people-import/` and `people/` are sorted.
      FILE_FOLDERS.map((folder) => `${folder}/`)
        .toSorted()
        .map((folder) => expect.stringMatching(new RegExp(`^s3:${action} Bucket \\w+/${folder}\\*$`)));
    expect(all).toEqual([
      ...['DeleteItem', 'GetItem', 'PutItem', 'Query', 'Scan', 'UpdateItem'].map(
        (action) => `dynamodb:${action} ${TABLE}`,
      ),
      ...['AbortMultipartUpload', 'DeleteObject', 'GetObject'].flatMap(files),
      expect.stringMatching(/^s3:ListBucket Bucket \w+$/),
      ...files('PutObject'),
    ]);
    const mayScan = roles().filter((rights) => rights.some(({ Action }) => Action.includes('dynamodb:Scan')));
    expect(mayScan).toHaveLength(1);
  });

  it('the Lambda that tells the settings reads the counters of the limits, and nothing else', () => {
    const own = rightsOf('ApiSettings').filter(({ Action }) => !/^(logs|xray|kms):/.test(Action[0] ?? ''));
    expect(own.map(({ Action, Condition }) => [Action, Condition])).toEqual([
      [['dynamodb:GetItem'], { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['RATE#*'] } }],
    ]);
  });

  const MACHINES = ['offboarding', 'onboarding', 'update'];
  const machines = MACHINES.map((machine) => `StateMachine tenure-dev-${machine}`);
  const executions = MACHINES.map(
    (machine) => `arn:<Partition>:states:<Region>:<AccountId>:execution:tenure-dev-${machine}:*`,
  );
  const named = MACHINES.map(
    (machine) => `arn:<Partition>:states:<Region>:<AccountId>:stateMachine:tenure-dev-${machine}`,
  );
  const RELEASE = ['SendTaskFailure', 'SendTaskSuccess'];
  const resourcesOf = (action: string) => {
    if (RELEASE.includes(action)) return named;
    return action === 'StartExecution' ? machines : executions;
  };
  const on = (action: string, resources: string[]) => resources.map((resource) => `${action} ${resource}`);

  it('ReconciliationFix starts offboardings and nothing else; those that write files do in their folders', () => {
    const beyondTables = (name: string) =>
      listed(rightsOf(name)).filter((line) => !line.startsWith('dynamodb:'));
    expect(beyondTables('ReconciliationFix')).toEqual([
      ...on('states:DescribeExecution', executions),
      'states:StartExecution StateMachine tenure-dev-offboarding',
      ...on('states:StopExecution', executions),
    ]);
    const files = expect.stringMatching(/^s3:\w+ Bucket \w+\/reconciliation\/\*$/);
    expect(beyondTables('ReconciliationConclude')).toEqual([files, files]);
    expect(beyondTables('ReconciliationPrepare')).toEqual([inFolder('GetObject', 'people')]);
    const compliance = expect.stringMatching(/^s3:\w+ Bucket \w+\/compliance\/\*$/);
    expect(beyondTables('ComplianceWriteFiles')).toEqual([compliance, compliance]);
    expect(beyondTables('ContactsPrepare')).toEqual([inFolder('GetObject', 'contacts')]);
    expect(beyondTables('ContactsConclude')).toEqual(
      ['AbortMultipartUpload', 'GetObject', 'PutObject'].map((action) => inFolder(action, 'contact-sync')),
    );
  });

  it.each([
    ['WorkflowStart', ['DescribeExecution', 'StartExecution', 'StopExecution']],
    [
      'ApiHandler',
      ['DescribeExecution', 'GetExecutionHistory', ...RELEASE, 'StartExecution', 'StopExecution'],
    ],
    ['WorkflowHold', [...RELEASE]],
    ['WorkflowGate', []],
    ['WorkflowPrepareOnboarding', ['DescribeExecution', 'StopExecution']],
    ['WorkflowPrepareOffboarding', ['DescribeExecution', 'StopExecution']],
    ['WorkflowPrepareUpdate', ['DescribeExecution', 'StopExecution']],
    ['WorkflowBegin', ['DescribeExecution', 'StopExecution']],
    ['WorkflowWarnNewOwner', []],
    ['WorkflowRecordAccounts', []],
  ])('%s does with runs only what it has to', (name, actions) => {
    // An examination of the apps is no run.
    const isOfRun = (line: string) => line.startsWith('states:') && !line.endsWith('tenure-dev-doctor');
    expect(listed(rightsOf(name)).filter(isOfRun)).toEqual(
      actions.flatMap((action) => on(`states:${action}`, resourcesOf(action))),
    );
  });

  it('of all Lambdas only ApiHandler has apps examined', () => {
    const starts = 'states:StartExecution StateMachine tenure-dev-doctor';
    expect([...STEPS, 'ApiHandler'].filter((name) => listed(rightsOf(name)).includes(starts))).toEqual([
      'ApiHandler',
    ]);
  });

  it('WorkflowConclude tells a person over the topic of the alarms', () => {
    expect(listed(rightsOf('WorkflowConclude'))).toContain('sns:Publish Topic tenure-dev-alarms');
  });

  it('WorkflowStart also writes dead letters', () => {
    expect(listed(rightsOf('WorkflowStart'))).toContain('sqs:SendMessage Queue tenure-dev-dead-letters');
  });

  it("no step of a state machine writes dead letters: its failure is the execution's", () => {
    const writing = STEPS.filter((name) => listed(rightsOf(name)).some((line) => line.startsWith('sqs:')));
    expect(writing).toEqual([]);
  });

  it('use the key through other services only, and only for what these hold of ours', () => {
    const machine = (arn: string) =>
      /^arn:<Partition>:states:<Region>:<AccountId>:stateMachine:tenure-dev-/.test(arn);
    const isBound: Record<string, (role: readonly Statement[], context: Context) => boolean> = {
      dynamodb: (role, { 'aws:dynamodb:tableName': tables = [] }) =>
        tables.length > 0 && tables.every((table) => onTables(role).includes(table)),
      s3: (_role, { 'aws:s3:arn': files = [] }) => files.join() === `${BUCKET},${BUCKET}/*`,
      secretsmanager: (role, { SecretARN: secrets = [] }) =>
        secrets.length > 0 &&
        secrets.every((secret) => listed(role).some((line) => line.endsWith(` ${secret}`))),
      states: (_role, { 'aws:states:stateMachineArn': machines = [] }) =>
        machines.length > 0 && machines.every(machine),
      // One queue, and one topic, are encrypted with this key.
      sqs: (role) => listed(role).includes('sqs:SendMessage Queue tenure-dev-dead-letters'),
      sns: (role) => listed(role).includes('sns:Publish Topic tenure-dev-alarms'),
    };
    const loose = roles().flatMap((role) =>
      role
        .filter(({ Action }) => Action.some((action) => action.startsWith('kms:')))
        .filter((right) => {
          const { service, context } = useOfKey(right);
          // It has no encryption context.
          if (right.Action.join() === 'kms:DescribeKey') return service !== 'dynamodb';
          if (service === undefined) return !isOfMachine(right);
          return right.Resource.join() !== KEY || isBound[service]?.(role, context) !== true;
        }),
    );
    expect(loose).toEqual([]);
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
    const rights = roles().flat();
    expect(rights.length).toBeGreaterThan(400);
    for (const { Action, Resource: resources } of rights) {
      for (const action of Action) expect(action).not.toContain('*');
      if (resources.includes('*')) expect(forced).toEqual(expect.arrayContaining(Action));
    }
  });
});
