import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import * as z from 'zod/mini';
import { APP_TITLES, APPS, type App } from '../../functions/shared/apps.ts';

// npm run bench:reconcile: how much longer a reconciliation takes than asking for the pages alone, and what memory it
// needs. Vendor, table and reconciliation are processes of their own, and HTTP between them is real. Limits are off unless
// --pace N is given: then requests keep to N times the vendors' limits, and the floor is what the vendor lets through.

const { values } = parseArgs({
  options: {
    accounts: { type: 'string', default: '10000,100000' },
    rounds: { type: 'string', default: '3' },
    pace: { type: 'string', default: '0' },
    apps: { type: 'string', default: APPS.join(',') },
  },
});
const COUNTS = values.accounts.split(',').map(Number);
const ROUNDS = Number(values.rounds);
const PACE = Number(values.pace);
const GOAL = { ratio: 1.1, peakMb: 200 };

const Measured = z.object({
  ms: z.number(),
  walkMs: z.number(),
  accounts: z.int(),
  pages: z.int(),
  peakMb: z.number(),
});
type Measured = z.infer<typeof Measured>;

for (const count of COUNTS) {
  console.log(
    `\n${count.toLocaleString('en')} accounts an app, ${PACE === 0 ? 'no limits' : `${PACE} times the limits`}, median of ${ROUNDS} rounds`,
  );
  console.log('app            pages   floor s   walk s  compare s   total s   ratio   peak MB (floor)');
  const sums = { floor: 0, total: 0 };
  let highestMb = 0;
  for (const app of APPS.filter((name) => values.apps.split(',').includes(name))) {
    const { floor, full } = await measure(app, count);
    sums.floor += floor.ms;
    sums.total += full.ms;
    highestMb = Math.max(highestMb, full.peakMb);
    console.log(
      [
        APP_TITLES[app].padEnd(13),
        String(full.pages).padStart(6),
        seconds(floor.ms).padStart(9),
        seconds(full.walkMs).padStart(8),
        seconds(full.ms - full.walkMs).padStart(10),
        seconds(full.ms).padStart(9),
        (full.ms / floor.ms).toFixed(2).padStart(7),
        `${full.peakMb.toFixed(0)} (${floor.peakMb.toFixed(0)})`.padStart(12),
      ].join(' '),
    );
  }
  const ratio = sums.total / sums.floor;
  console.log(`all: ${seconds(sums.total)} s, ${ratio.toFixed(2)} times the floor (goal ${GOAL.ratio})`);
  console.log(`highest peak: ${highestMb.toFixed(0)} MB (goal ${GOAL.peakMb})`);
}

async function measure(app: App, count: number): Promise<{ floor: Measured; full: Measured }> {
  const vendor = await start('vendor.ts', [app, String(count)]);
  const table = await start('table.ts', [String(count)]);
  const { url: tableUrl } = z.parse(z.object({ url: z.string() }), table.hello);
  const floors: Measured[] = [];
  const fulls: Measured[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    const job = { app, run: `round-${round}`, pace: PACE, tableUrl, vendor: vendor.hello };
    floors.push(await walker({ ...job, job: 'floor' }));
    fulls.push(await walker({ ...job, job: 'reconcile' }));
  }
  vendor.child.kill();
  table.child.kill();
  return { floor: median(floors), full: median(fulls) };
}

async function walker(job: object): Promise<Measured> {
  // As tight as a Lambda of 256 MB is; otherwise V8 keeps garbage for as long as the machine has room.
  const child = spawn('walker.ts', [], ['--max-old-space-size=96', '--max-semi-space-size=2']);
  child.send(job);
  const [measured] = await Promise.race([once(child, 'message'), failed(child)]);
  return z.parse(Measured, measured);
}

async function start(file: string, words: string[]): Promise<{ child: ChildProcess; hello: unknown }> {
  const child = spawn(file, words);
  const [hello] = await Promise.race([once(child, 'message'), failed(child)]);
  return { child, hello };
}

function spawn(file: string, words: string[], execArgv: string[] = []): ChildProcess {
  return fork(fileURLToPath(new URL(file, import.meta.url)), words, { execArgv });
}

async function failed(child: ChildProcess): Promise<never> {
  const [code] = await once(child, 'exit');
  throw new Error(`A process of the benchmark ended with ${code}; what it said is above.`);
}

function median(measured: readonly Measured[]): Measured {
  const sorted = measured.toSorted((a, b) => a.ms - b.ms);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) throw new Error('There was no round.');
  return middle;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}
