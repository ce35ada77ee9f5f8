import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { APPS } from '../functions/shared/apps.ts';

it.each(APPS)('%s has a test that lists the calls of a joiner and a leaver', (app) => {
  expect(existsSync(new URL(`./${app}/vendor-calls.test.ts`, import.meta.url))).toBe(true);
});
