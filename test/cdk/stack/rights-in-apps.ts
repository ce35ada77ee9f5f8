import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { ALL_SURFACES, APP_DESCRIPTIONS } from '../../../functions/app-descriptions.ts';
import { APPS, type App } from '../../../functions/shared/apps.ts';
import { secretName } from '../../../functions/vendor/surface.ts';
import { stepFolder } from '../../../state-machines/load.ts';
import type { Statement } from '../synthesize.ts';
import { KEY, keyRights, listed, other, rightsOf, STEPS } from './deployments.ts';

describe('the rights of the steps in apps', () => {
  const vendorSteps = STEPS.flatMap((name) =>
    APPS.filter((app) => app === stepFolder(name)).map((app) => ({ name, app })),
  );
  const isList = (name: string) => name.endsWith('ListAccounts');
  const COORDINATION = 'Table tenure-dev-coordination';
  const TABLE = 'Table tenure-dev-identity';
  // These ask whose an account is, before anything is written.
  const isFind = (name: string) => /Find(User|Agent|Personnel)$/.test(name);
  // And these whose the new owner's account is, before a record moves.
  const isAboutNewOwner = (name: string) => /CheckNewOwner$|Reassign/.test(name);
  const isGraph = (name: string) => name.endsWith('ReadGraph');
  // These keep what they found, which changes nothing in the apps.
  const isDiagnose = (name: string) => name.endsWith('Diagnose');
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

  const isRenewed = ({ oauth, renewsTokens }: (typeof ALL_SURFACES)[number]) =>
    oauth !== undefined || renewsTokens === true;
  // Which SCIM secret a step reads, test/slow/read-secrets.test.ts shows.
  const isOnlyRest = (name: string) => /^Pipedrive|^(DriftSyncContacts|SalesloftReadGraph)$/.test(name);
  const surfacesOf = (name: string, app: App) =>
    ALL_SURFACES.filter(({ vendor, surface }) => vendor === app && (surface === 'rest' || !isOnlyRest(name)));
  const renewedOf = (app: App) =>
    ALL_SURFACES.filter((surface) => surface.vendor === app && isRenewed(surface)).map(secretName);
  const readOf = (name: string, app: App) =>
    surfacesOf(name, app)
      .filter((surface) => !isRenewed(surface))
      .map(secretName);
  const forSecrets = (Action: string[], arns: string[]) => ({
    Action,
    on: [KEY],
    Condition: {
      StringEquals: {
        'kms:ViaService': 'secretsmanager.<Region>.amazonaws.com',
        'kms:EncryptionContext:SecretARN': arns,
      },
    },
  });
  const isAboutFiles = (right: Statement) => /"s3:|"s3\.<Region>/.test(JSON.stringify(right));
  const inFolder = (action: string, folder: string) =>
    expect.stringMatching(new RegExp(`^s3:${action} Bucket \\w+/${folder}/\\*$`));

  it.each(vendorSteps)(
    '$name reads and renews the secrets of $app that it uses, and does nothing else with what is ours',
    ({ name, app }) => {
      const [renewed, read] = [renewedOf(app), readOf(name, app)].map((names) =>
        names.map((secret) => `Secret ${secret}`),
      );
      if (renewed === undefined || read === undefined) throw new Error('Both are lists.');
      expect(renewed.length + read.length).toBeGreaterThan(0);
      const rights = rightsOf(name).filter((right) => !isAboutFiles(right));
      expect(listed(rights)).toEqual(
        [
          ...renewed.flatMap((secret) => RENEWS_SECRET.map((action) => `${action} ${secret}`)),
          ...read.flatMap((secret) => READS_SECRET.map((action) => `${action} ${secret}`)),
          ...['GetItem', 'UpdateItem', ...(renewed.length > 0 ? ['DeleteItem', 'PutItem'] : [])].map(
            (action) => `dynamodb:${action} ${COORDINATION}`,
          ),
          ...(isList(name) ? [`dynamodb:PutItem ${COORDINATION}`, `dynamodb:Query ${COORDINATION}`] : []),
          ...(isFind(name) || isAboutNewOwner(name) ? [`dynamodb:GetItem ${TABLE}`] : []),
          ...(isFind(name) ? [`dynamodb:Query ${TABLE}`] : []),
          ...(isGraph(name)
            ? [
                `dynamodb:BatchWriteItem ${TABLE}`,
                `dynamodb:Query ${COORDINATION}`,
                `dynamodb:Query ${TABLE}`,
              ]
            : []),
          ...(isDiagnose(name) ? [`dynamodb:PutItem ${TABLE}`] : []),
          ...[...(COMPLIANCE[name] ?? []), ...(CONTACTS[name] ?? [])].map(
            (action) => `dynamodb:${action} ${TABLE}`,
          ),
          ...(COMPLIANCE[name] === undefined ? [] : ['events:PutEvents EventBus tenure-dev-hr']),
        ].sort(),
      );
      expect(keyRights(rights)).toEqual([
        ...(renewed.length > 0 ? [forSecrets(['kms:Decrypt', 'kms:GenerateDataKey'], renewed)] : []),
        ...(read.length > 0 ? [forSecrets(['kms:Decrypt'], read)] : []),
      ]);
    },
  );

  it('the steps that write accounts in Pipedrive read its SCIM secret where they write over SCIM', () => {
    const inScimMode = vendorSteps.filter(({ name, app }) => {
      const { Role } = other.lambda(name);
      const reads = listed(other.access(Role)).includes(`${READS_SECRET[0]} Secret tenure/pipedrive/scim`);
      return app === 'pipedrive' && reads;
    });
    expect(inScimMode.map(({ name }) => name).sort()).toEqual([
      'PipedriveAssignRole',
      'PipedriveCreateUser',
      'PipedriveDeactivateUser',
      'PipedriveDiagnose',
      'PipedriveFindUser',
      'PipedriveReactivateUser',
    ]);
  });

  it.each(vendorSteps)('$name touches the rows that it is about, and no other', ({ name, app }) => {
    const onTable = rightsOf(name).filter(({ Action }) =>
      Action.some((action) => action.startsWith('dynamodb:')),
    );
    const rows = onTable.map(({ Action, Condition }) => [
      Action.map((action) => action.replace('dynamodb:', '')),
      Condition,
    ]);
    const only = (...patterns: string[]) => ({
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': patterns },
    });
    expect(rows).toEqual([
      ...(renewedOf(app).length > 0
        ? [[['DeleteItem', 'PutItem'], only(`LEASE#${renewedOf(app)[0]}`, `LEASE#${renewedOf(app)[0]}#*`)]]
        : []),
      [['GetItem', 'UpdateItem'], only(`RATE#${app}#*`)],
      ...(isList(name) ? [[['PutItem', 'Query'], only(`RECONCILIATION#${app}#*`)]] : []),
      ...(isFind(name) || isAboutNewOwner(name) ? [[['GetItem'], only(`ACCOUNT#${app}#*`)]] : []),
      ...(isFind(name) ? [[['Query'], only('ADDRESS#*')]] : []),
      ...(isGraph(name)
        ? [
            [['Query'], only(`RECONCILIATION#${app}#*`)],
            [['Query'], only(`ROSTER#${app}`)],
            [['BatchWriteItem'], only(`GRAPH#${app}`)],
          ]
        : []),
      ...(isDiagnose(name) ? [[['PutItem'], only(`DOCTOR#${app}`)]] : []),
      ...(COMPLIANCE[name] === undefined ? [] : [[COMPLIANCE[name], only('COMPLIANCE#drata')]]),
      ...(CONTACTS[name] === undefined ? [] : [[CONTACTS[name], only('CONTACT#*')]]),
    ]);
  });

  // Drift's name begins Driftwood's.
  it.each(vendorSteps)('$name touches no row of another app', ({ name, app }) => {
    const patterns = rightsOf(name).flatMap(({ Condition }) => leadingKeys(Condition));
    const others = APPS.filter((other) => other !== app).flatMap((other) =>
      patterns.flatMap((pattern) => {
        const [kind = ''] = pattern.split('#');
        const key = kind === 'LEASE' ? `LEASE#tenure/${other}/rest` : `${kind}#${other}`;
        return [key, `${key}#1`].filter((one) => fits(one, pattern)).map((one) => `${pattern}: ${one}`);
      }),
    );
    expect(patterns.length).toBeGreaterThan(0);
    expect(others.filter((line) => !/^(ADDRESS|CONTACT)#/.test(line))).toEqual([]);
  });

  it('of all steps in apps DriftSyncContacts and those that hand over use files, each in its folders', () => {
    const using = vendorSteps.filter(({ name }) => rightsOf(name).some(isAboutFiles));
    const handOvers = APPS.flatMap((app): readonly string[] => APP_DESCRIPTIONS[app].phases.handOver ?? []);
    expect(using.map(({ name }) => name).sort()).toEqual([...handOvers, 'DriftSyncContacts'].sort());
    for (const name of handOvers)
      expect(listed(rightsOf(name).filter(isAboutFiles))).toEqual([
        inFolder('AbortMultipartUpload', 'hand-over'),
        inFolder('GetObject', 'hand-over'),
        inFolder('PutObject', 'hand-over'),
      ]);
    expect(listed(rightsOf('DriftSyncContacts').filter(isAboutFiles))).toEqual([
      inFolder('AbortMultipartUpload', 'contact-sync'),
      inFolder('GetObject', 'contacts'),
      inFolder('PutObject', 'contact-sync'),
    ]);
  });
});

const RowCondition = z.object({
  'ForAllValues:StringLike': z.object({ 'dynamodb:LeadingKeys': z.array(z.string()) }),
});

function leadingKeys(condition: unknown): string[] {
  return z.safeParse(RowCondition, condition).data?.['ForAllValues:StringLike']['dynamodb:LeadingKeys'] ?? [];
}

/** Whether IAM's StringLike takes a key; the patterns have no other wildcard than one at the end. */
function fits(key: string, pattern: string): boolean {
  return pattern.endsWith('*') ? key.startsWith(pattern.slice(0, -1)) : key === pattern;
}
