import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as z from 'zod/mini';
import { bundleLambdas } from '../../cdk/bundle-lambdas.ts';
import { FromPeer, FromTenure, Places, type Scenario, Seen } from './messages.ts';

// npm run bench:hand-over: how long a hand-over of many records takes against what the app's limit allows, how much
// memory, and what a kill in the middle costs. Vendors keep their documented limits, in scaled time; vendor, tenure and
// peer are processes of their own. One JSON line a row, and all of them as a table at the end.
//   --speed N   how many times faster than documented the limits are; 1 unless given for deals, 10 for contacts
//   --deals N   how many deals; 30,000 unless given
//   --apps A    pipedrive, drift; both unless given
//   --rows R    whole, peer, killed; all unless given
//   --quick     a fiftieth of the records

const { values } = parseArgs({
  options: {
    speed: { type: 'string' },
    deals: { type: 'string', default: '30000' },
    apps: { type: 'string', default: 'pipedrive,drift' },
    rows: { type: 'string', default: 'whole,peer,killed' },
    quick: { type: 'boolean', default: false },
  },
});
const speedOf = (usual: number) => Number(values.speed ?? usual);
const size = values.quick ? 50 : 1;

const DEALS: Scenario = {
  app: 'pipedrive',
  records: Number(values.deals) / size,
  owned: Number(values.deals) / size,
  speed: speedOf(1),
};
const CONTACTS: Scenario = {
  app: 'drift',
  records: 150_000 / size,
  owned: Math.max(10, 500 / size),
  speed: speedOf(10),
};

// Collects garbage early: without this, Node.js takes whatever memory the machine has.
const LITTLE_MEMORY = ['--max-old-space-size=96', '--max-semi-space-size=2'];

const PER_MS = { pipedrive: 80 / 2_000, drift: 200 / 60_000 };
const PAGE = { pipedrive: 500, drift: 100 };

type Row = {
  what: string;
  records: number;
  owned: number;
  seconds: number;
  /** Against the fewest calls that collect, write and read back, at the app's limit. */
  timesFloor: number;
  calls: number;
  refused: number;
  writtenTwice: number;
  left: number;
  peakMb: number;
  /** How much of one core the client, and the vendor with the stand-ins for AWS, kept busy. */
  cores: number;
  vendorCores: number;
  rounds: number | null;
  longestRoundSeconds: number | null;
};

console.log(
  JSON.stringify({ node: process.version, cores: availableParallelism(), at: new Date().toISOString() }),
);
const rows: Row[] = [];
let isAsking = false;
// As Lambda runs them: loading the sources would need more memory than the steps.
const bundles = mkdtempSync(join(tmpdir(), 'tenure-bundles-'));
await bundleLambdas(['PipedriveReassignDeals', 'DriftReassignContacts'], bundles);
const measure = { whole, peer, killed };
// Drift has no client of its own on npm.
for (const scenario of [CONTACTS, DEALS].filter(({ app }) => values.apps.includes(app)))
  for (const row of ['whole', 'peer', 'killed'] as const)
    if (values.rows.includes(row) && (row !== 'peer' || scenario === DEALS)) await measure[row](scenario);
rmSync(bundles, { recursive: true });
console.log(`\n${table(rows)}`);

function whole(scenario: Scenario): Promise<void> {
  return withVendor(scenario, async (vendor, places) => {
    const ended = await handOver(scenario, places, vendor, 'whole');
    tell(rowOf('tenure', scenario, ended, await seenBy(vendor)));
  });
}

function killed(scenario: Scenario): Promise<void> {
  return withVendor(scenario, async (vendor, places) => {
    const ended = await handOver(scenario, places, vendor, 'killed');
    tell(rowOf('tenure, killed in the middle', scenario, ended, await seenBy(vendor)));
  });
}

function peer(scenario: Scenario): Promise<void> {
  return withVendor(scenario, async (vendor, places) => {
    const client = start('peer.ts');
    client.send(places);
    const { refused, ...ended } = z.parse(FromPeer, await answerOf(client));
    client.kill();
    const row = rowOf('a loop with the client `pipedrive`', scenario, ended, await seenBy(vendor));
    // Its calls go to a server of their own, which keeps no journal.
    tell({ ...row, refused, calls: scenario.owned + Math.ceil(scenario.owned / PAGE.pipedrive) + refused });
  });
}

function tell(row: Row): void {
  rows.push(row);
  console.log(JSON.stringify(row));
}

async function withVendor(
  scenario: Scenario,
  use: (vendor: ChildProcess, places: Places) => Promise<void>,
): Promise<void> {
  const vendor = start('vendor.ts', [JSON.stringify(scenario)]);
  try {
    await use(vendor, z.parse(Places, await answerOf(vendor)));
  } finally {
    vendor.kill();
  }
}

type Ended = { ms: number; peakMb: number; cpuMs: number; rounds?: number; longestRoundMs?: number };

/** Hands over; killed once half of the records are moved, and gone on with by another process. */
async function handOver(
  scenario: Scenario,
  places: Places,
  vendor: ChildProcess,
  how: 'whole' | 'killed',
): Promise<Ended> {
  const startedAt = performance.now();
  let place: unknown = null;
  let peakMb = 0;
  let isKilled = how === 'whole';
  for (;;) {
    const tenure = start('tenure.ts');
    tenure.send({ bundle: bundleOf(scenario), app: scenario.app, run: how, place, places });
    const kill = isKilled ? null : setInterval(() => void killAtHalf(scenario, vendor, tenure), 200);
    const ended = await new Promise<Ended | null>((resolve) => {
      tenure.on('message', (message) => {
        const told = z.parse(FromTenure, message);
        if ('place' in told) place = told.place;
        else resolve(told);
      });
      tenure.once('exit', () => resolve(null));
    });
    if (kill !== null) clearInterval(kill);
    if (ended === null && isKilled) throw new Error('The hand-over ended without a result.');
    isKilled = true;
    if (ended === null) continue;
    tenure.kill();
    peakMb = Math.max(peakMb, ended.peakMb);
    // Loading a bundle is a cold start, which another benchmark measures; after a kill it is part of what that costs.
    return { ...ended, peakMb, ...(how === 'whole' ? {} : { ms: performance.now() - startedAt }) };
  }
}

function bundleOf({ app }: Scenario): string {
  return join(bundles, app === 'pipedrive' ? 'PipedriveReassignDeals' : 'DriftReassignContacts', 'index.mjs');
}

async function killAtHalf({ owned }: Scenario, vendor: ChildProcess, tenure: ChildProcess): Promise<void> {
  if (isAsking || tenure.killed) return;
  isAsking = true;
  vendor.send('seen');
  const { left } = z.parse(Seen, await answerOf(vendor));
  isAsking = false;
  if (left <= owned / 2) tenure.kill('SIGKILL');
}

async function seenBy(vendor: ChildProcess): Promise<Seen> {
  vendor.send('seen');
  return z.parse(Seen, await answerOf(vendor));
}

function start(file: string, args: string[] = []): ChildProcess {
  return fork(new URL(file, import.meta.url), args, {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: file === 'vendor.ts' ? [] : LITTLE_MEMORY,
  });
}

function answerOf(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const ended = () => reject(new Error('A process of the benchmark has ended.'));
    child.once('exit', ended);
    child.once('message', (message) => {
      child.off('exit', ended);
      resolve(message);
    });
  });
}

function rowOf(what: string, scenario: Scenario, ended: Ended, seen: Seen): Row {
  const { app, records, owned, speed } = scenario;
  const pages = Math.ceil((app === 'pipedrive' ? owned : records) / PAGE[app]);
  const readBack = app === 'pipedrive' ? 1 : Math.min(pages, owned);
  const floorMs = (pages + owned + readBack) / PER_MS[app] / speed;
  const { calls, refused, writtenTwice, left } = seen;
  return {
    ...{ what: `${what}: ${app}`, records, owned, seconds: round(ended.ms / 1000) },
    timesFloor: round(ended.ms / floorMs),
    ...{ calls, refused, writtenTwice, left, peakMb: Math.round(ended.peakMb) },
    ...{ cores: round(ended.cpuMs / ended.ms), vendorCores: round(seen.cpuMs / ended.ms) },
    rounds: ended.rounds ?? null,
    longestRoundSeconds: ended.longestRoundMs === undefined ? null : round(ended.longestRoundMs / 1000),
  };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function table(all: readonly Row[]): string {
  const head =
    '| | records | of the leaver | seconds | × floor | calls | 429s | written twice | left | peak | cores busy | and of the vendor | rounds |';
  const lines = all.map(
    (row) =>
      `| ${row.what} | ${row.records} | ${row.owned} | ${row.seconds} | ${row.timesFloor} | ${row.calls} | ${row.refused} | ${row.writtenTwice} | ${row.left} | ${row.peakMb} MB | ${row.cores} | ${row.vendorCores} | ${row.rounds ?? '–'} |`,
  );
  return [head, `|${'---|'.repeat(13)}`, ...lines].join('\n');
}
