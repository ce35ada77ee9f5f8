import { describe, expect, it } from 'vitest';
import { deployment, rightsOf, small } from './deployments.ts';

const { all, only, read } = deployment;

describe('the HR sources', () => {
  const secretsOf = (name: string) =>
    rightsOf(name)
      .filter(({ Action }) => Action.includes('secretsmanager:GetSecretValue'))
      .flatMap(({ Resource }) => Resource);

  it.each([
    ['BamboohrRead', ['Secret tenure/bamboohr/api'], 'bamboohr'],
    ['HibobRead', ['Secret tenure/hibob/api'], 'hibob'],
    ['HrTakeRoster', [], 'roster'],
  ])('%s has the secret and the rows of its own source only', (name, secrets, source) => {
    expect(secretsOf(name)).toEqual(secrets);
    const rows = rightsOf(name).filter(({ Action }) => Action.includes('dynamodb:PutItem'));
    expect(rows.map(({ Condition }) => Condition)).toEqual([
      {
        'ForAllValues:StringLike': {
          'dynamodb:LeadingKeys': [`WORKER#${source}`, `WORKERDUE#${source}`, `HRSOURCE#${source}`],
        },
      },
    ]);
  });

  it('put events as HR, and whoever takes webhooks does not', () => {
    const sourceOf = (name: string) =>
      rightsOf(name)
        .filter(({ Action }) => Action.includes('events:PutEvents'))
        .map(({ Condition }) => Condition);
    expect(sourceOf('BamboohrRead')).toEqual([{ 'ForAllValues:StringEquals': { 'events:source': 'hr' } }]);
    expect(sourceOf('WebhooksReceiveHr')).toEqual([
      { 'ForAllValues:StringEquals': { 'events:source': 'tenure' } },
    ]);
  });

  it('a file in the bucket invokes the roster, every 15 minutes the others', () => {
    expect(only('AWS::S3::Bucket').NotificationConfiguration).toEqual({
      EventBridgeConfiguration: { EventBridgeEnabled: true },
    });
    const rules = all('AWS::Events::Rule').map(([, { Properties }]) => Properties);
    const roster = rules.find(({ Name }) => Name === 'tenure-dev-HrTakeRoster');
    expect(JSON.stringify(roster?.EventPattern)).toContain('{"key":[{"prefix":"hr/roster/"}]}');
    const scheduled = rules.filter(({ ScheduleExpression }) => ScheduleExpression === 'rate(15 minutes)');
    expect(scheduled.map(({ Name }) => read(Name))).toEqual([
      'tenure-dev-HrTakeWorker-schedule',
      'tenure-dev-BamboohrRead-schedule',
      'tenure-dev-HibobRead-schedule',
    ]);
  });

  it('that the company does not have have nothing', () => {
    const { all: allOf, text } = small;
    expect(text).not.toContain('BamboohrRead');
    expect(allOf('AWS::SecretsManager::Secret').map(([, { Properties }]) => Properties.Name)).not.toContain(
      'tenure/hr/webhook',
    );
  });
});
