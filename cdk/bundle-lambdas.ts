import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, buildSync } from 'esbuild';
import { stepFile } from '../state-machines/load.ts';
import { needsOf } from './step-needs.ts';

/** How a Lambda is bundled. */
export const BUNDLING = {
  outExtension: { '.js': '.mjs' },
  bundle: true,
  minify: true,
  sourcemap: 'linked',
  sourcesContent: false,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  // ESM where a package has it: what is not used is left out, and nothing calls require, which ESM has not.
  mainFields: ['module', 'main'],
  logLevel: 'warning',
} as const satisfies BuildOptions;

/** What a Lambda does without. */
export const LEAN = {
  alias: {
    '@aws-sdk/credential-provider-node': fileURLToPath(new URL('lambda-credentials.ts', import.meta.url)),
    '@aws-sdk/middleware-endpoint-discovery': fileURLToPath(
      new URL('lambda-endpoint-discovery.ts', import.meta.url),
    ),
  },
} as const satisfies BuildOptions;

/**
 * Bundles Lambdas, each into a folder of its own name with an index.mjs and its source map; beside it stands what it loads later.
 *
 * @param names of steps, as the placeholders in state-machines/ have them; `stepFile` knows their files.
 * @param directory the folder for the bundles; what it held before is removed.
 * @throws Error of esbuild when a file is missing or does not build; esbuild has printed why.
 */
export function bundleLambdas(names: readonly string[], directory: string): void {
  rmSync(directory, { recursive: true, force: true });
  const loadsLater = (name: string) => needsOf(name).loadsLater === true;
  bundle(names.filter((name) => !loadsLater(name)));
  // One by one, because they would share their parts across their folders.
  for (const name of names.filter(loadsLater))
    bundle([name], { splitting: true, chunkNames: `${name}/[name]-[hash]` });

  function bundle(some: readonly string[], options: BuildOptions = {}): void {
    buildSync({
      ...BUNDLING,
      ...LEAN,
      ...options,
      entryPoints: Object.fromEntries(some.map((name) => [`${name}/index`, stepFile(name)])),
      outdir: directory,
    });
  }
}
