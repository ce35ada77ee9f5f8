import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import * as z from 'zod/mini';
import { type Bundle, bundleAll } from './bundles.ts';
import { startSurroundings } from './surroundings.ts';

// How long a Lambda takes from a fresh process to its first answer, beside what stands in the place of tenure's bundles
// elsewhere. One JSON line a bundle, and a table at the end. --quick measures each once, which shows that it works.

const { values } = parseArgs({ options: { quick: { type: 'boolean' } } });
const IMPORTS = values.quick ? 1 : 15;
const REQUESTS = values.quick ? 1 : 5;
const MEASURE = fileURLToPath(new URL('measure.ts', import.meta.url));
const Times = z.object({ importMs: z.number(), requestMs: z.nullable(z.number()) });

type Result = { name: string; isPeer: boolean; bytes: number; importMs: number; requestMs: number | null };

const directory = mkdtempSync(join(tmpdir(), 'tenure-cold-start-'));
const { events, runtime } = await startSurroundings();
try {
  const results = await measureAll(bundleAll(directory));
  console.log(JSON.stringify({ node: process.version, cores: availableParallelism(), at: new Date() }));
  for (const result of results) console.log(JSON.stringify(result));
  console.log(`\n${table(results)}`);
} finally {
  await runtime.close();
  rmSync(directory, { recursive: true });
}

async function measureAll(bundles: readonly Bundle[]): Promise<Result[]> {
  const imports = bundles.map((): number[] => []);
  const requests = bundles.map((): number[] => []);
  // In rounds, so that what else the machine does hits all alike.
  for (let round = 0; round < IMPORTS; round += 1) {
    for (const [index, bundle] of bundles.entries())
      imports[index]?.push((await measure(bundle, false)).importMs);
  }
  for (let round = 0; round < REQUESTS; round += 1) {
    for (const [index, bundle] of bundles.entries()) {
      const { requestMs } = await measure(bundle, true);
      if (requestMs !== null) requests[index]?.push(requestMs);
    }
  }
  return bundles.map(({ name, isPeer, bytes }, index) => ({
    name,
    isPeer,
    bytes,
    importMs: median(imports[index] ?? []) ?? 0,
    requestMs: median(requests[index] ?? []),
  }));
}

/** A fresh process on one core, as a Lambda has it. A step that the sample events do not reach is only imported. */
async function measure({ name, file }: Bundle, withRequest: boolean): Promise<z.infer<typeof Times>> {
  const event = withRequest ? events.get(name) : undefined;
  const node = [process.execPath, MEASURE, file];
  if (event !== undefined) node.push(JSON.stringify(event));
  const [command = '', ...words] =
    process.platform === 'linux' ? ['taskset', '--cpu-list', '1', ...node] : node;
  const { stdout } = await promisify(execFile)(command, words);
  return z.parse(Times, JSON.parse(stdout.trim().split('\n').at(-1) ?? ''));
}

function table(results: readonly Result[]): string {
  const importOf = (name: string) => results.find((result) => result.name === name)?.importMs ?? Number.NaN;
  const row = ({ name, bytes, importMs, requestMs }: Result) => {
    const [ofSdk, ofUsual] = [importMs / importOf('sdk-clients'), importMs / importOf('usual-stack')];
    const cells = [
      name,
      `${Math.round(bytes / 1000)} kB`,
      `${importMs.toFixed(1)} ms`,
      ofSdk.toFixed(2),
      ofUsual.toFixed(2),
      requestMs === null ? '' : `${requestMs.toFixed(0)} ms`,
    ];
    return `| ${cells.join(' | ')} |`;
  };
  const lambdas = results.filter(({ isPeer }) => !isPeer);
  const slowest = Math.max(...lambdas.map(({ importMs }) => importMs));
  const ratios = [slowest / importOf('sdk-clients'), slowest / importOf('usual-stack')];
  return [
    '| bundle | bytes | import | × SDK clients | × usual stack | first request |',
    '|---|---|---|---|---|---|',
    ...results.map(row),
    '',
    `The slowest Lambda to import takes ${ratios[0]?.toFixed(2)} × the SDK clients (goal 1.15) and ${ratios[1]?.toFixed(2)} × the usual stack (goal 0.50).`,
  ].join('\n');
}

function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  return middle === undefined ? null : Math.round(middle * 10) / 10;
}
