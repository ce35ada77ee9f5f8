import { statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { BUNDLING, bundleLambdas, LEAN } from '../../cdk/bundle-lambdas.ts';
import { LAMBDA_NAMES } from '../../cdk/tenure-stack.ts';

export type Bundle = { name: string; isPeer: boolean; file: string; bytes: number };

/** Bundles every Lambda as a deployment does, and the peers. */
export function bundleAll(directory: string): Bundle[] {
  bundleLambdas(LAMBDA_NAMES, directory);
  const lambdas = LAMBDA_NAMES.map((name) => bundle(name, false, join(directory, name, 'index.mjs')));
  return [...bundlePeers(join(directory, 'peers')), ...lambdas];
}

function bundlePeers(outdir: string): Bundle[] {
  const peer = (file: string) => fileURLToPath(new URL(`peers/${file}.ts`, import.meta.url));
  buildSync({
    ...BUNDLING,
    outdir,
    entryPoints: { 'empty-handler': peer('empty-handler'), 'sdk-clients': peer('sdk-clients') },
  });
  buildSync({ ...BUNDLING, ...LEAN, outdir, entryPoints: { 'sdk-clients-lean': peer('sdk-clients') } });
  // As esbuild and the CDK do it unless they are told otherwise.
  buildSync({
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
    logLevel: 'warning',
    outdir,
    entryPoints: { 'usual-stack': peer('usual-stack') },
  });
  return ['empty-handler.mjs', 'sdk-clients.mjs', 'sdk-clients-lean.mjs', 'usual-stack.cjs'].map((file) =>
    bundle(file.replace(/\.\w+$/, ''), true, join(outdir, file)),
  );
}

function bundle(name: string, isPeer: boolean, file: string): Bundle {
  return { name, isPeer, file, bytes: statSync(file).size };
}
