import { App } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { readSettings } from '../../../cdk/settings.ts';
import { APPS } from '../../../functions/shared/apps.ts';
import { CONTEXT } from '../context.ts';

const settings = (context: Record<string, string> = {}) =>
  readSettings(new App({ context: { ...CONTEXT, ...context } }).node);

describe('the settings of a deployment', () => {
  it('are usable as cdk.json has them', () => {
    expect(settings()).toEqual({
      stage: 'dev',
      apps: APPS,
      policy: 'policy.yaml',
      hrSources: ['roster', 'hr', 'bamboohr', 'hibob'],
      region: undefined,
      jwtIssuer: undefined,
      jwtAudience: undefined,
      pageClientId: undefined,
      pageScope: undefined,
      pageAudience: undefined,
      alarmEmail: undefined,
      retainData: true,
      baseUrls: {},
      dialects: {},
      rateLimits: {},
      gate: '{}',
      scopes: { read: 'tenure/read', run: 'tenure/run', approve: 'tenure/approve', admin: 'tenure/admin' },
      reconcileAt: '0 2 * * ? *',
      reconcileApps: [],
      reconcileFix: [],
      complianceSyncAt: '0 * * * ? *',
      driftwoodPasswordRotationDays: undefined,
      pipedriveMode: 'rest',
      pipedrivePlan: undefined,
      pipedriveSeats: undefined,
      trainingDueDays: 30,
      drataAppearsWithinDays: 7,
      webhooksPerSecond: 5,
      eraseAfterDays: 90,
      reportDays: 400,
      leaverDays: 400,
      archiveDays: 90,
      hrPrincipals: [],
      reconcileMostFixes: 25,
    });
  });

  it('take the findings to mend as a list', () => {
    expect(settings({ reconcileFix: ' leaver_can_log_in ' }).reconcileFix).toEqual(['leaver_can_log_in']);
  });

  it('take the apps that the company has in any order and spelling of a list', () => {
    expect(settings({ apps: ' drift ,pipedrive' }).apps).toEqual(['pipedrive', 'drift']);
  });

  it('take the apps to reconcile as a list', () => {
    expect(settings({ reconcileApps: 'drift, drata' }).reconcileApps).toEqual(['drift', 'drata']);
  });

  it('take no time for what is never to begin', () => {
    expect(settings({ complianceSyncAt: '' }).complianceSyncAt).toBeUndefined();
  });

  it('take the days between two rotations as a number', () => {
    const { driftwoodPasswordRotationDays } = settings({ driftwoodPasswordRotationDays: '30' });
    expect(driftwoodPasswordRotationDays).toBe(30);
  });

  it('take no number of days for training that is not followed up', () => {
    expect(settings({ trainingDueDays: '' }).trainingDueDays).toBeUndefined();
  });

  it('take base URLs as JSON', () => {
    const baseUrls = { PIPEDRIVE_BASE_URL: 'https://northlight.pipedrive.example' };
    expect(settings({ baseUrls: JSON.stringify(baseUrls) }).baseUrls).toEqual(baseUrls);
  });

  it('take rate limits as JSON', () => {
    const rateLimits = {
      PIPEDRIVE_RATE_LIMIT: { capacity: 200, windowMs: 2_000, perDay: 300_000 },
      DRATA_RATE_LIMIT: { capacity: 500, windowMs: 60_000 },
      DRIFT_SCIM_RATE_LIMIT: 'unknown',
    };
    expect(settings({ rateLimits: JSON.stringify(rateLimits) }).rateLimits).toEqual(rateLimits);
  });

  it.each([
    ['a time that is no cron expression', { reconcileAt: '2:00' }, /reconcileAt: must be six fields/],
    ['another time that is none', { complianceSyncAt: 'hourly' }, /complianceSyncAt/],
    ['a rotation every half day', { driftwoodPasswordRotationDays: '0.5' }, /driftwoodPasswordRotationDays/],
    ['training that is due at once', { trainingDueDays: '0' }, /trainingDueDays/],
    ['training that is due after an execution ends', { trainingDueDays: '301' }, /trainingDueDays/],
    ['a record that never comes', { drataAppearsWithinDays: '0' }, /drataAppearsWithinDays/],
    ['training that is due some day', { trainingDueDays: 'soon' }, /trainingDueDays/],
    ['a finding that nothing mends', { reconcileFix: 'orphan_account' }, /reconcileFix/],
    ['an app that there is not', { reconcileApps: 'drift slack' }, /reconcileApps/],
    ['an app that nobody knows', { apps: 'pipedrive,slack' }, /apps.1: must name apps of pipedrive, /],
    [
      'an app to reconcile that the company does not have',
      { apps: 'pipedrive', reconcileApps: 'pipedrive,drift' },
      /reconcileApps: must name none that is not among apps/,
    ],
    [
      'the rotation of a password for an app that the company does not have',
      { apps: 'pipedrive', driftwoodPasswordRotationDays: '30' },
      /driftwoodPasswordRotationDays: must not be given unless driftwood/,
    ],
    ['a plan that there is not', { pipedrivePlan: 'gold' }, /pipedrivePlan: /],
    ['seats that are no number', { pipedriveSeats: 'many' }, /pipedriveSeats: /],
    ['a mode that there is not', { pipedriveMode: 'SCIM' }, /pipedriveMode: /],
    ['a stage that no resource can be named after', { stage: 'My Stage' }, /stage: must be 1 to 16 of/],
    [
      'an issuer without an audience',
      { jwtIssuer: 'https://id.example' },
      /jwtAudience: must be given together/,
    ],
    ...['http://id.example', 'id.example', 'HTTP://id.example/', 'https://', 'https://id.example?x=1'].map(
      (jwtIssuer): [string, Record<string, string>, RegExp] => [
        `the issuer ${jwtIssuer}`,
        { jwtIssuer, jwtAudience: 'tenure' },
        /jwtIssuer: must be an https URL without query or fragment/,
      ],
    ),
    ['an audience without an issuer', { jwtAudience: 'tenure' }, /jwtAudience: must be given together/],
    ['a page where nobody can sign in', { pageClientId: 'page' }, /pageClientId: must not be given without/],
    ['webhooks that nobody may send', { webhooksPerSecond: '0' }, /webhooksPerSecond/],
    ['a principal that is none', { hrPrincipals: 'everybody' }, /hrPrincipals/],
    ['an unclear retainData', { retainData: 'maybe' }, /retainData: /],
    ['base URLs that are no JSON', { baseUrls: '{PIPEDRIVE' }, /baseUrls: /],
    ['a base URL for nothing', { baseUrls: '{"PIPEDRIV_BASE_URL":"https://a.example"}' }, /baseUrls/],
    ['a gate of nothing', { gate: '{"limit":{}}' }, /gate/],
    [
      'a rate limit of nothing',
      { rateLimits: '{"DRATA_RATE_LIMIT":{"capacity":0,"windowMs":1}}' },
      /rateLimits.DRATA_RATE_LIMIT/,
    ],
    [
      'a base URL of SCIM in another dialect than REST speaks',
      { dialects: '{"drift":"live"}', baseUrls: '{"DRIFT_SCIM_BASE_URL":"https://driftapi.com/scim/v2"}' },
      /DRIFT_SCIM_BASE_URL .*DRIFT_DIALECT/,
    ],
    ['a dialect that there is not', { dialects: '{"drata":"v2"}' }, /dialects\.drata: /],
    ['a base URL that is none', { baseUrls: '{"DRATA_BASE_URL":"drata"}' }, /baseUrls.DRATA_BASE_URL: /],
  ])('name %s', (_, context, message) => {
    expect(() => settings(context)).toThrow(message);
  });
});
