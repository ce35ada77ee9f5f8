import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import * as z from 'zod/mini';

const Lock = z.object({
  packages: z.record(
    z.string(),
    z.object({
      dev: z.optional(z.boolean()),
      license: z.optional(z.string()),
      integrity: z.optional(z.string()),
      /** It comes within another package, whose hash covers it. */
      inBundle: z.optional(z.boolean()),
    }),
  ),
});
const lock = z.parse(
  Lock,
  JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8')),
);
const packages = Object.entries(lock.packages).filter(([name]) => name !== '');

// None of them asks for more than its notice.
const FREE = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT', 'MIT-0'];

it('what the Lambdas are made of has no copyleft license', () => {
  const shipped = packages.filter(([, { dev }]) => dev !== true);
  expect(shipped.length).toBeGreaterThan(10);
  expect(shipped.filter(([, { license = 'none' }]) => !FREE.includes(license))).toEqual([]);
});

it('every package of the lock file has a hash', () => {
  const fetched = packages.filter(([, { inBundle }]) => inBundle !== true);
  expect(fetched.filter(([, { integrity = '' }]) => !integrity.startsWith('sha512-'))).toEqual([]);
});
