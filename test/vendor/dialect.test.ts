import { expect, it } from 'vitest';
import { dialectOf } from '../../functions/vendor/dialect.ts';
import { baseUrlFromEnvironment, type SurfaceDescription } from '../../functions/vendor/surface.ts';

const surface = {
  ...{ vendor: 'drata', surface: 'rest', baseUrlVariable: 'DRATA_BASE_URL' },
  defaultBaseUrl: 'https://api.example/public',
  liveBaseUrl: 'https://api.example/public/v2',
  ...{ contentType: 'application/json', limit: 'unknown' },
} as const satisfies SurfaceDescription;
const inOneForm = { ...surface, liveBaseUrl: surface.defaultBaseUrl };

it.each([
  ["the guide's form", 'https://eu.example/public', 'guide'],
  ["the guide's form with a slash", 'https://eu.example/public/', 'guide'],
  ['the live form', 'https://eu.example/public/v2', 'live'],
  ['a server on this machine in the live form', 'http://127.0.0.1:8080/public/v2', 'live'],
  ['no path', 'https://drata.example', 'guide'],
  ['a server on this machine', 'http://127.0.0.1:8080/anything', 'guide'],
])('a base URL of %s tells the dialect', (_, url, dialect) => {
  expect(dialectOf(surface, url, {})).toBe(dialect);
  expect(dialectOf(surface, undefined, { DRATA_BASE_URL: url })).toBe(dialect);
});

it("is live at the vendor's own host, and the guide's where both have one form", () => {
  expect(dialectOf(surface, undefined, {})).toBe('live');
  expect(dialectOf(inOneForm, undefined, {})).toBe('live');
  expect(dialectOf(inOneForm, 'https://eu.example/public', {})).toBe('guide');
});

it('is what is set, whatever the base URL', () => {
  expect(dialectOf(surface, 'https://eu.example/public', { DRATA_DIALECT: 'live' })).toBe('live');
  expect(dialectOf(surface, undefined, { DRATA_DIALECT: 'guide' })).toBe('guide');
});

it('is the guide for a surface that has no other', () => {
  const { liveBaseUrl: _, ...onlyGuide } = surface;
  expect(dialectOf(onlyGuide, undefined, {})).toBe('guide');
});

it("gives the vendor's own host of the dialect", () => {
  expect(baseUrlFromEnvironment(surface, {})).toBe('https://api.example/public/v2');
  expect(baseUrlFromEnvironment(surface, { DRATA_DIALECT: 'guide' })).toBe('https://api.example/public');
});

it('names the setting where the form fits neither dialect, or there is no such dialect', () => {
  expect(() => dialectOf(surface, 'https://eu.example/public/v9', {})).toThrow(
    "DRATA_BASE_URL ends neither in /public, as the guide's API does, nor in /public/v2, as the live one. Correct it, or set DRATA_DIALECT to guide or live.",
  );
  expect(() => dialectOf(surface, undefined, { DRATA_DIALECT: 'v2' })).toThrow(
    'DRATA_DIALECT must be guide or live',
  );
});
