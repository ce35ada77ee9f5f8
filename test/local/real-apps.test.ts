import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { drataRestSurface } from '../../functions/drata/app.ts';
import { APPS } from '../../functions/shared/apps.ts';
import { dialectOf } from '../../functions/vendor/dialect.ts';
import { baseUrlFromEnvironment } from '../../functions/vendor/surface.ts';
import { readCompanysApps, readRealApps } from '../../local/commands/real-apps.ts';

const REST = { PIPEDRIVE_BASE_URL: 'https://pipedrive.example/v1' };
const SCIM = { PIPEDRIVE_SCIM_BASE_URL: 'https://pipedrive.example/scim/v2' };
const missing = (surface: string) =>
  `--secrets: expected tenure/pipedrive/${surface} with {"token":"…"}, because its app is real`;

describe('a real Pipedrive', () => {
  it('needs nothing of SCIM unless SCIM mode is switched on', () => {
    expect(readRealApps(REST, undefined)).toMatchObject({ apps: ['pipedrive'], problems: [missing('rest')] });
    expect(readRealApps(SCIM, undefined)).toMatchObject({ apps: [], problems: [] });
  });

  it('needs both base URLs and both secrets in SCIM mode', () => {
    const environment = { ...REST, PIPEDRIVE_MODE: 'scim' };
    expect(readRealApps(environment, undefined).problems).toEqual([
      missing('rest'),
      "PIPEDRIVE_SCIM_BASE_URL: expected a URL, because the app's other surface has one",
      missing('scim'),
    ]);
    expect(readRealApps({ ...environment, ...SCIM }, undefined).problems).toEqual([
      missing('rest'),
      missing('scim'),
    ]);
  });

  it('lacks no secret of a file that cannot be used, such as for another app’s', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'tenure-secrets-')), 'secrets.json');
    const secrets = {
      'tenure/pipedrive/rest': { token: 't' },
      'tenure/hr/webhook': { bearerSecrets: ['short'] },
    };
    writeFileSync(file, JSON.stringify(secrets), { mode: 0o600 });
    expect(readRealApps(REST, file).problems).toEqual([
      expect.stringMatching(/tenure\/hr\/webhook: .* at least 16 characters/),
    ]);
  });

  it('is not called in a mode that there is not', () => {
    expect(readRealApps({ PIPEDRIVE_MODE: 'SCIM' }, undefined).problems).toEqual([
      'PIPEDRIVE_MODE must be rest or scim; did you mean scim?',
    ]);
  });
});

describe('the base URLs of a real app', () => {
  const problems = (environment: Record<string, string>) => readRealApps(environment, undefined).problems;
  const naming = (...settings: string[]) =>
    expect.arrayContaining([expect.stringMatching(new RegExp(settings.join('.*')))]);

  it('have the form of one of its dialects', () => {
    const DRATA_BASE_URL = 'https://public-api.drata.com/v3';
    expect(problems({ DRATA_BASE_URL })).toEqual(naming('DRATA_BASE_URL', 'DRATA_DIALECT'));
    expect(problems({ DRATA_BASE_URL, DRATA_DIALECT: 'live' })).not.toEqual(naming('DRATA_DIALECT'));
    expect(problems({ DRATA_BASE_URL, DRATA_DIALECT: 'v3' })).toEqual(naming('DRATA_DIALECT'));
  });

  it.each([
    ['/scim', undefined],
    ['/scim', 'guide'],
    ['/scim/v2', 'live'],
  ])('are those of one dialect: Drift’s SCIM at %s with DRIFT_DIALECT %s is refused', (path, dialect) => {
    const urls = {
      DRIFT_BASE_URL: 'https://driftapi.com',
      DRIFT_SCIM_BASE_URL: `https://driftapi.com${path}`,
    };
    const set = dialect === undefined ? {} : { DRIFT_DIALECT: dialect };
    expect(problems({ ...urls, ...set })).toEqual(naming('DRIFT_SCIM_BASE_URL', 'DRIFT_DIALECT'));
  });

  it('are fine where both surfaces have the same one', () => {
    const rest = { DRIFT_BASE_URL: 'https://driftapi.com' };
    for (const [path, DRIFT_DIALECT] of [
      ['/scim', 'live'],
      ['/scim/v2', 'guide'],
      ['/gateway/drift', 'live'],
    ] as const) {
      const environment = { ...rest, DRIFT_SCIM_BASE_URL: `https://driftapi.com${path}`, DRIFT_DIALECT };
      expect(problems(environment)).not.toEqual(naming('DRIFT_DIALECT'));
    }
  });
});

describe('an app without a base URL', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tenure-real-'));
  const file = join(folder, 'secrets.json');
  writeFileSync(file, JSON.stringify({ 'tenure/drata/rest': { token: 'x' } }), { mode: 0o600 });

  it('is real, at the vendor’s own host, where TENURE_APPS names it and its secrets are there', () => {
    const environment = { TENURE_APPS: 'drata,drift' };
    expect(readRealApps(environment, file)).toMatchObject({ apps: ['drata'], problems: [] });
    expect(readRealApps(environment, undefined).apps).toEqual([]);
    expect(readRealApps({}, file).apps).toEqual([]);
    expect(baseUrlFromEnvironment(drataRestSurface, environment)).toBe(
      'https://public-api.drata.com/public/v2',
    );
    expect(dialectOf(drataRestSurface, undefined, environment)).toBe('live');
  });
});

describe('the apps of a company', () => {
  it('are those whose base URL is given, unless TENURE_APPS names them', () => {
    expect(readCompanysApps({})).toEqual(APPS);
    expect(readCompanysApps(REST)).toEqual(['pipedrive']);
    expect(readCompanysApps({ ...REST, TENURE_APPS: 'drift, pipedrive' })).toEqual(['pipedrive', 'drift']);
  });

  it('are the only ones that are called: one that is not named needs no secret', () => {
    expect(readRealApps({ ...REST, TENURE_APPS: 'drift' }, undefined)).toMatchObject({
      apps: [],
      problems: [],
    });
  });
});
