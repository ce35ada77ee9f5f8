import { describe, expect, it } from 'vitest';
import { APPS } from '../../functions/shared/apps.ts';
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

  it('is not called in a mode that there is not', () => {
    expect(readRealApps({ PIPEDRIVE_MODE: 'SCIM' }, undefined).problems).toEqual([
      'PIPEDRIVE_MODE must be rest or scim.',
    ]);
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
