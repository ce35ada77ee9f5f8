import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { APP_DESCRIPTIONS } from '../functions/app-descriptions.ts';
import { APP_TITLES, APPS } from '../functions/shared/apps.ts';
import { clientOf } from '../local/runtime/app-client.ts';

describe.each(APPS)('%s', (app) => {
  it('has a client of its name', async () => {
    expect(await clientOf(app)).toBeTypeOf('function');
  });

  it('has a test that lists the calls of a joiner and a leaver', () => {
    expect(existsSync(new URL(`./${app}/vendor-calls.test.ts`, import.meta.url))).toBe(true);
  });

  it('finds the account in the first step of a chain, and opens or shuts it in the second', () => {
    const { provision, shut } = APP_DESCRIPTIONS[app].phases;
    for (const [find, write] of [provision, shut]) {
      expect(find).toMatch(/Find/);
      expect(JSON.stringify(write)).toMatch(/Create|Invite|Provision|Update|Deactivate/);
    }
  });

  it('is named in README.md', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    expect(readme).toContain(APP_TITLES[app]);
  });
});
