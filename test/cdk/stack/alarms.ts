import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod/mini';
import { problemAnswer } from '../../../functions/api/problem.ts';
import { driftRest } from '../../../functions/drift/rest.ts';
import {
  LimiterUnavailableError,
  RunBusyError,
  RunIncompleteError,
  VendorAuthError,
  type VendorCall,
  VendorRateLimitedError,
  VendorUnavailableError,
} from '../../../functions/shared/errors.ts';
import { EventsRefusedError } from '../../../functions/shared/event-bus.ts';
import { logger } from '../../../functions/shared/logger.ts';
import { step } from '../../../functions/shared/step.ts';
import { WORKFLOWS } from '../../../functions/shared/workflow.ts';
import { enrichingText } from '../../../functions/vendor/enriching.ts';
import { vendorHttp } from '../../../functions/vendor/http.ts';
import { createWebhookApp } from '../../../functions/webhooks/app.ts';
import { WebhookSecretError } from '../../../functions/webhooks/secret.ts';
import { loadStateMachine, STATE_MACHINES } from '../../../state-machines/load.ts';
import { staticCredential, UNLIMITED } from '../../contract-subject.ts';
import { LAMBDA_CONTEXT } from '../../lambda-context.ts';
import { filterMatches } from '../log-filter.ts';
import { ALARM_EMAIL, deployment, other } from './deployments.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const { text, all, only, read, statements } = other;

describe('the alarms', () => {
  const names = [
    'onboarding-failed',
    'offboarding-failed',
    'update-failed',
    'reconciliation-failed',
    'compliance-sync-failed',
    'training-follow-up-failed',
    'contact-sync-failed',
    'doctor-failed',
    'cut-off-runs',
    'dead-letters',
    'step-errors',
    'rate-limits',
    'leavers-with-access',
    'hires-without-address',
    'employee-ids-elsewhere',
    'leavers-without-new-owner',
    'fields-left-out',
    'unfinished-runs',
  ];
  const alarm = (name: string) => only('AWS::CloudWatch::Alarm', { AlarmName: `tenure-prod-${name}` });

  it('tell of all that a person must know', () => {
    expect(all('AWS::CloudWatch::Alarm').map(([, { Properties }]) => Properties.AlarmName)).toEqual(
      names.map((name) => `tenure-prod-${name}`),
    );
  });

  it.each(names)('%s goes off at the first case, says what it means, and tells the topic', (name) => {
    const properties = alarm(name);
    expect(properties).toMatchObject({
      ComparisonOperator: 'GreaterThanThreshold',
      Threshold: 0,
      TreatMissingData: 'notBreaching',
      AlarmDescription: expect.stringMatching(/^An? .{40,}/),
    });
    expect(z.array(z.unknown()).parse(properties.AlarmActions).map(read)).toEqual([
      'Topic tenure-prod-alarms',
    ]);
  });

  it.each(STATE_MACHINES)('watch the %s', (machine) => {
    const { Namespace, MetricName, Dimensions } = alarm(`${machine}-failed`);
    expect([Namespace, MetricName]).toEqual(['AWS/States', 'ExecutionsFailed']);
    const [dimension] = z.array(z.object({ Name: z.string(), Value: z.unknown() })).parse(Dimensions);
    expect(read(dimension?.Value)).toBe(`StateMachine tenure-prod-${machine}`);
  });

  it('name each run that was aborted or ran out of time, unless tenure stopped it itself', () => {
    const rule = only('AWS::Events::Rule', { Name: 'tenure-prod-cut-off-runs' });
    expect(rule.EventPattern).toMatchObject({
      source: ['aws.states'],
      'detail-type': ['Step Functions Execution Status Change'],
      detail: {
        status: ['ABORTED', 'TIMED_OUT'],
        $or: [
          { error: [null] },
          { error: [{ exists: false }] },
          { error: [{ 'anything-but': ['Superseded', 'StoppedByRequest'] }] },
        ],
      },
    });
    const targets = JSON.stringify(rule.Targets);
    expect(targets).toContain('"detail-name":"$.detail.name"');
    expect(targets).toMatch(/the run <detail-name> ended as <detail-status>/);
    expect(alarm('cut-off-runs')).toMatchObject({
      Namespace: 'AWS/Events',
      MetricName: 'TriggeredRules',
      Dimensions: [{ Name: 'RuleName', Value: 'tenure-prod-cut-off-runs' }],
    });
    const stops = globSync('functions/**/*.ts', { cwd: ROOT })
      .map((file) => readFileSync(join(ROOT, file), 'utf8'))
      .filter((source) => source.includes('StopExecutionCommand') || source.includes('stopRun(machines'))
      .flatMap((source) => [...source.matchAll(/\berror: '([A-Z]\w+)'/g)].map(([, name]) => name));
    expect(new Set(stops)).toEqual(new Set(['Superseded', 'StoppedByRequest']));
  });

  it('name each run that failed before its report, which nobody else tells of', () => {
    const rule = only('AWS::Events::Rule', { Name: 'tenure-prod-failed-runs' });
    expect(rule.EventPattern).toMatchObject({
      source: ['aws.states'],
      'detail-type': ['Step Functions Execution Status Change'],
      detail: {
        status: ['FAILED'],
        $or: [
          { error: [null] },
          { error: [{ exists: false }] },
          { error: [{ 'anything-but': [new RunIncompleteError('').name] }] },
        ],
      },
    });
    const machines = JSON.stringify(rule.EventPattern).match(
      /"Fn::GetAtt":\["Workflows\w+","Arn"|"Ref":"Workflows/g,
    );
    expect(machines).toHaveLength(STATE_MACHINES.length);
    const targets = JSON.stringify(rule.Targets);
    expect(targets).toMatch(/the run <detail-name> ended as <detail-status>.* Reason: <detail-error>/);
    expect(targets).toContain('describe-execution --execution-arn <detail-executionArn>');
    const allowed = JSON.stringify(only('AWS::SNS::TopicPolicy').PolicyDocument);
    expect(allowed.match(/"CutOffRuns\w*Rule\w*","Arn"/g)).toHaveLength(3);
  });

  it('name each run that left something open and is about no one person, as no step publishes that', () => {
    const rule = only('AWS::Events::Rule', { Name: 'tenure-prod-incomplete-runs' });
    expect(rule.EventPattern).toMatchObject({
      'detail-type': ['Step Functions Execution Status Change'],
      detail: { status: ['FAILED'], error: [new RunIncompleteError('').name] },
    });
    const { detail } = z
      .object({ detail: z.object({ stateMachineArn: z.array(z.unknown()) }) })
      .parse(rule.EventPattern);
    const watched = detail.stateMachineArn.map(read).sort();
    expect(watched).toEqual(
      ['compliance-sync', 'contact-sync', 'doctor', 'reconciliation', 'training-follow-up'].map(
        (machine) => `StateMachine tenure-prod-${machine}`,
      ),
    );
    const targets = JSON.stringify(rule.Targets);
    expect(targets).toContain('the run <detail-name> left something open.');
    expect(targets).toContain('describe-execution --execution-arn <detail-executionArn> --query cause');
  });

  it('watch the dead letters', () => {
    expect(alarm('dead-letters')).toMatchObject({
      Namespace: 'AWS/SQS',
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Statistic: 'Maximum',
    });
    expect(text).toContain('"Name":"QueueName","Value":{"Fn::GetAtt":["HrDeadLetters');
  });

  it.each([
    ['step-errors', 'StepErrors'],
    ['rate-limits', 'RunsGivenUpForALimit'],
    ['leavers-without-new-owner', 'NewOwnersMissing'],
    ['fields-left-out', 'FieldsLeftOut'],
  ])('%s counts %s', (name, MetricName) => {
    expect(alarm(name)).toMatchObject({ Namespace: 'tenure-prod', MetricName, Statistic: 'Sum' });
  });

  it('unfinished-runs holds what has begun for twelve hours against what was concluded', () => {
    const properties = alarm('unfinished-runs');
    expect(properties).toMatchObject({ EvaluationPeriods: 24, DatapointsToAlarm: 12 });
    const metrics = JSON.stringify(properties.Metrics);
    expect(metrics).toContain('RUNNING_SUM(FILL(began, 0) - FILL(concluded, 0))');
    expect(metrics.match(/"Period":3600/g)).toHaveLength(2);
  });

  it('are published under the key, over TLS only, and by this account only', () => {
    const topic = only('AWS::SNS::Topic');
    expect(read(topic.KmsMasterKeyId)).toBe(read({ Ref: all('AWS::KMS::Key')[0]?.[0] }));
    const policy = statements(only('AWS::SNS::TopicPolicy').PolicyDocument);
    expect(policy).toContainEqual(
      expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
    );
    expect(policy.filter(({ Effect }) => Effect === 'Allow')).toMatchObject([
      {
        Action: ['sns:Publish'],
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Condition: { StringEquals: { 'aws:SourceAccount': '<AccountId>' } },
      },
      {
        Action: ['sns:Publish'],
        Principal: { Service: 'events.amazonaws.com' },
        Condition: { StringEquals: { 'aws:SourceAccount': '<AccountId>' } },
      },
    ]);
  });

  it('go to the address that is given', () => {
    expect(only('AWS::SNS::Subscription')).toMatchObject({ Protocol: 'email', Endpoint: ALARM_EMAIL });
  });

  it('are all on the one dashboard', () => {
    const body = JSON.stringify(only('AWS::CloudWatch::Dashboard').DashboardBody);
    for (const [id] of all('AWS::CloudWatch::Alarm')) expect(body).toContain(`["${id}","Arn"]`);
  });
});

describe('the log lines that alarms count', () => {
  const filters = (metric: string) =>
    all('AWS::Logs::MetricFilter')
      .map(([, { Properties }]) => Properties)
      .filter(({ MetricTransformations }) => JSON.stringify(MetricTransformations).includes(`"${metric}"`));
  const counts = (metric: string, line: unknown) => {
    const patterns = new Set(filters(metric).map(({ FilterPattern }) => String(FilterPattern)));
    expect(patterns.size).toBe(1);
    return [...patterns].every((pattern) => filterMatches(pattern, line));
  };

  let written: string[] = [];
  beforeEach(() => {
    written = [];
    for (const stream of [process.stdout, process.stderr])
      vi.spyOn(stream, 'write').mockImplementation((chunk) => Boolean(written.push(String(chunk))));
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('are none that anybody can cause: webhooks without a secret, or with a wrong one, have metrics alone', async () => {
    const unused = () => Promise.reject(new Error('Nothing is taken here.'));
    const app = createWebhookApp({
      drift: () => Promise.reject(new WebhookSecretError('tenure/drift/webhook')),
      pipedrive: async () => ({ user: 'tenure', passwords: ['a-password-of-length'] }),
      store: { claim: unused, keep: unused, release: unused, closeConversation: unused, isClosed: unused },
      bus: { putEvents: unused },
    });
    expect((await app.request('/webhooks/drift', { method: 'POST' })).status).toBe(503);
    expect((await app.request('/webhooks/pipedrive', { method: 'POST' })).status).toBe(401);
    const lines = written.map((line): unknown => JSON.parse(line));
    const countOf = (metric: string) => lines.filter((line) => counts(metric, line)).length;
    expect(['StepErrors', 'WebhooksWithoutSecret', 'WebhooksOfStrangers'].map(countOf)).toEqual([0, 1, 1]);
    const watched = JSON.stringify(all('AWS::CloudWatch::Alarm'));
    expect(watched).not.toContain('WebhooksWithoutSecret');
    expect(watched).not.toContain('WebhooksOfStrangers');
  });

  /** What a step writes into its log when it ends like this. */
  async function logLine(name: string, run: () => Promise<unknown>): Promise<unknown> {
    const handler = step({ name, client: () => null, input: z.unknown(), run });
    await handler({}, LAMBDA_CONTEXT).catch(() => {});
    const lines = written
      .join('')
      .split('\n')
      .filter((line) => line.startsWith('{'));
    expect(lines).toHaveLength(1);
    return JSON.parse(String(lines[0]));
  }
  const failing = (error: Error) => async () => {
    throw error;
  };
  const call: VendorCall = { vendor: 'drift', operation: 'findAgent', method: 'GET', path: '/users/list' };

  it.each([
    ['a retried error', new VendorUnavailableError(call, 'failed'), false],
    ['a table that is busy', new LimiterUnavailableError(call, 'busy'), false],
    ['a bus that is busy', new EventsRefusedError(['ThrottlingException']), false],
    ['another run that acts, for whose end it waits', new RunBusyError('E-1', 'onboarding-E-1-0'), false],
    ['a rate limit, which is retried', new VendorRateLimitedError(call, 1000), false],
    ['a credential that is not accepted', new VendorAuthError(call, 'tenure/drift/rest'), true],
    ['an incomplete run, which has its own alarm', new RunIncompleteError('Left open.'), false],
    ['a bug', new TypeError('x is not a function'), true],
  ])('StepErrors, with %s', async (_, error, counted) => {
    expect(counts('StepErrors', await logLine('DriftFindAgent', failing(error)))).toBe(counted);
  });

  it.each([
    ['{"name":"Ann"}', false],
    ['{}', false],
    ['{"name":7}', true],
  ])('FieldsLeftOut, with the answer %s', async (answer, counted) => {
    const http = vendorHttp(driftRest('guide'), {
      baseUrl: 'https://drift.example',
      credential: staticCredential('token'),
      limiter: UNLIMITED,
      fetch: async () => new Response(answer),
    });
    const fields = z.object({ name: enrichingText('name') });
    await http.request({ operation: 'findAgent', method: 'GET', path: '/users', answer: fields });
    const lines = written.map((line): unknown => JSON.parse(line));
    expect(lines.some((line) => counts('FieldsLeftOut', line))).toBe(counted);
  });

  it('are those of all steps, webhooks and HR sources, which share a log group of each kind', () => {
    const groups = (metric: string) => filters(metric).map(({ LogGroupName }) => read(LogGroupName));
    const steps = 'LogGroup /tenure/tenure-prod/steps';
    const webhooks = 'LogGroup /tenure/tenure-prod/webhooks';
    const hrSources = 'LogGroup /tenure/tenure-prod/hr-sources';
    expect(groups('StepErrors')).toEqual([steps, webhooks, hrSources]);
    expect(groups('AddressesMissing')).toEqual([hrSources]);
    for (const metric of ['FieldsLeftOut', 'LeaversWithAccess'])
      expect(groups(metric), metric).toEqual([steps, webhooks]);
    for (const metric of ['RunsGivenUpForALimit', 'RunsBegun', 'RunsConcluded', 'NewOwnersMissing'])
      expect(groups(metric), metric).toEqual([steps]);
  });

  it('StepErrors, with a webhook that could not be taken', () => {
    problemAnswer(new Error('The secret is empty.'));
    expect(written.length).toBe(1);
    expect(counts('StepErrors', JSON.parse(written[0] ?? ''))).toBe(true);
  });

  it('StepErrors, with a Lambda that ran out of time, in each step and webhook', () => {
    const report = (status: string) => ({ type: 'platform.report', record: { requestId: 'r-1', status } });
    expect(counts('StepErrors', report('timeout'))).toBe(true);
    expect(counts('StepErrors', report('success'))).toBe(false);
  });

  it('StepErrors, with every rotation that failed, because no state machine retries it', async () => {
    const filter = deployment
      .all('AWS::Logs::MetricFilter')
      .map(([, { Properties }]) => Properties)
      .find(({ LogGroupName }) => deployment.read(LogGroupName).endsWith('/DriftwoodRotatePassword'));
    expect(JSON.stringify(filter?.MetricTransformations)).toContain('"StepErrors"');
    const failure = failing(new VendorUnavailableError(call, 'failed'));
    const line = await logLine('DriftwoodRotatePassword', failure);
    const report = { type: 'platform.report', record: { requestId: 'r-1', status: 'timeout' } };
    for (const counted of [line, report])
      expect(filterMatches(String(filter?.FilterPattern), counted)).toBe(true);
    expect(filterMatches(String(filter?.FilterPattern), { message: 'step done' })).toBe(false);
  });

  const open = (reason: string) => new RunIncompleteError(`Left open for employee E-1. ${reason}`);

  it.each([
    ['drift: VendorRateLimitedError: Drift findAgent: GET /users/list (HTTP 429)', true],
    ['pipedrive: VendorDailyLimitError: Pipedrive findUsers: GET /users (HTTP 429)', true],
    ['drata: VendorAuthError: Drata findPersonnel: GET /personnel (HTTP 401)', false],
  ])('RunsGivenUpForALimit, with %s', async (reason, counted) => {
    expect(counts('RunsGivenUpForALimit', await logLine('WorkflowConclude', failing(open(reason))))).toBe(
      counted,
    );
  });

  it.each([
    ['leavers among its findings', async () => ({ status: 'leavers_can_log_in' }), true],
    ['other findings', async () => ({ status: 'findings' }), false],
    ['leavers, and an app that failed', failing(open('Leavers can still log in. drata: …')), true],
    ['an app that failed', failing(open('drata: VendorAuthError: …')), false],
  ])('LeaversWithAccess, with a reconciliation that has %s', async (_, run, counted) => {
    expect(counts('LeaversWithAccess', await logLine('ReconciliationConclude', run))).toBe(counted);
  });

  it('LeaversWithAccess, with a leaver who was given a Pipedrive account back', () => {
    logger.warn('leaver reactivated', { app: 'pipedrive', employeeId: 'E-1', vendorUserId: '7' });
    expect(counts('LeaversWithAccess', JSON.parse(written[0] ?? ''))).toBe(true);
  });

  it.each([
    ['a complete run', async () => ({ status: 'complete' }), true],
    ['a run with an app left open', failing(open('drata: VendorAuthError: …')), true],
    ['a run whose records nobody could take over', failing(open('drift: InvalidInputError: …')), true],
    ['a run that a later event superseded', async () => ({ status: 'superseded' }), false],
    ['a report that could not be written', failing(new Error('no table')), false],
    ['a run that somebody rejected', async () => ({ status: 'rejected' }), false],
    [
      'a held run that expired',
      failing(new RunIncompleteError('The run for employee E-1 was held, and nobody released it.')),
      false,
    ],
  ])('RunsConcluded, with %s', async (_, run, counted) => {
    expect(counts('RunsConcluded', await logLine('WorkflowConclude', run))).toBe(counted);
  });

  it('RunsConcluded, with a run that is held and has given its turn back', async () => {
    expect(counts('RunsConcluded', await logLine('WorkflowHold', async () => ({ status: 'held' })))).toBe(
      true,
    );
  });

  it.each([
    ['a run that has its turn', async () => ({ status: 'current' }), true],
    ['a run that a later event superseded', async () => ({ status: 'superseded' }), false],
    ['a run that waits for another', failing(new RunBusyError('E-1', 'onboarding-E-1-0')), false],
  ])('RunsBegun, with %s', async (_, run, counted) => {
    expect(counts('RunsBegun', await logLine('WorkflowBegin', run))).toBe(counted);
  });

  it.each(WORKFLOWS)('every %s begins and is concluded once', (workflow) => {
    const steps = JSON.stringify(loadStateMachine(workflow)).match(/\$\{Workflow(Begin|Conclude)\}/g);
    expect(steps?.sort()).toEqual(['${WorkflowBegin}', '${WorkflowConclude}']);
  });

  it('NewOwnersMissing, with a leaver whose records nobody can take over', async () => {
    vi.stubEnv('IDENTITY_TABLE', 'tenure-identity');
    vi.spyOn(DynamoDBClient.prototype, 'send').mockImplementation(async () => ({}));
    const { handler } = await import('../../../functions/workflow/warn-new-owner.ts');
    const error = { Error: 'InvalidInputError', Cause: 'Nobody has the address.' };
    const run = { execution: 'offboarding-E-1-0', startedAt: '2026-01-05T10:00:00Z' };
    await handler({ ...run, employee: { employeeId: 'E-1' }, error }, LAMBDA_CONTEXT);
    const lines = written.map((line) => JSON.parse(line));
    expect(lines.map((line) => [line.message, counts('NewOwnersMissing', line)])).toEqual([
      ['new owner missing', true],
      ['step done', false],
    ]);
  });
});
