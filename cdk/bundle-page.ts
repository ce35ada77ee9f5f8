import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { WORKFLOWS } from '../functions/shared/workflow.ts';
import type { PageFile } from '../functions/web/assets.ts';
import { machineOf } from '../functions/web/machine.ts';
import { loadStateMachine } from '../state-machines/load.ts';

const CLIENT = new URL('../functions/web/client/', import.meta.url);

/**
 * Makes the page's files: its script, which runs in browsers, its style, and what the pictures are drawn from.
 *
 * @throws Error of esbuild when the script does not build; esbuild has printed why.
 */
export async function buildPage(): Promise<Record<PageFile, string>> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('main.tsx', CLIENT))],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    jsx: 'automatic',
    // The smaller half of hono/jsx, which makes no text.
    jsxImportSource: 'hono/jsx/dom',
    logLevel: 'warning',
  });
  const machines = WORKFLOWS.map((workflow) => [workflow, machineOf(loadStateMachine(workflow))]);
  return {
    'page.js': outputFiles[0]?.text ?? '',
    'page.css': readFileSync(new URL('page.css', CLIENT), 'utf8'),
    'machines.json': JSON.stringify(Object.fromEntries(machines)),
  };
}

/** Puts the page's files beside the bundle of the Lambda that serves them. @throws as `buildPage` does. */
export async function bundlePage(directory: string): Promise<void> {
  mkdirSync(directory, { recursive: true });
  for (const [name, body] of Object.entries(await buildPage())) writeFileSync(join(directory, name), body);
}
