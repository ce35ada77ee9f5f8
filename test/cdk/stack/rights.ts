import { describe, expect, it } from 'vitest';
import { deployment, KEY, keyRights, listed, rightsOf } from './deployments.ts';

const { all, statements } = deployment;

describe('the rights', () => {
  const XRAY = ['xray:PutTelemetryRecords', 'xray:PutTraceSegments'];

  const COORDINATION = 'Table tenure-dev-coordination';
  const TABLE = 'Table tenure-dev-identity';
  const inFolder = (action: string, folder: string) =>
    expect.stringMatching(new RegExp(`^s3:${action} Bucket \\w+/${folder}/\\*$`));

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
