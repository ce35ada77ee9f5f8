import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { COORDINATION_TABLE } from '../../local/aws/tables.ts';
import { Address, Journal, type Work, WorkDone } from './messages.ts';
import { FULL, QUICK, type Scenario, STRATEGIES, type Strategy } from './scenarios.ts';
import { type Summary, sideBySide, summarise } from './summary.ts';

// Several processes share a limit, once with tenure's limiter and once with each of its peers, on the same work.
// One JSON line a strategy, and all of them side by side at the end.
//   --quick           a few seconds each instead of a minute
//   --only STRATEGY   without its peers

const WORKERS = 4;
const MOST_SKEW_MS = 50;
const START_MS = 3_000;
const LONGEST_ANSWER_MS = 180_000;

const { values } = parseArgs({ options: { quick: { type: 'boolean' }, only: { type: 'string' } } });
const scenarios = values.quick ? QUICK : FULL;
const strategies = STRATEGIES.filter((strategy) => strategy === (values.only ?? strategy));
const summaries: Summary[] = [];
const table = start('table.ts');
const vendor = start('vendor.ts');
try {
  const tableUrl = Address.parse(await answerOf(table)).url;
  const vendorUrl = Address.parse(await answerOf(vendor)).url;
  const machine = { node: process.version, cores: availableParallelism(), workers: WORKERS };
  console.log(JSON.stringify({ machine, at: new Date().toISOString() }));
  for (const scenario of scenarios) {
    for (const strategy of strategies) {
      const summary = await play(scenario, strategy, { tableUrl, vendorUrl });
      summaries.push(summary);
      console.log(JSON.stringify(summary));
    }
  }
  console.log(`\n${sideBySide(summaries)}`);
} finally {
  for (const child of [table, vendor]) child.kill();
}

async function play(
  scenario: Scenario,
  strategy: Strategy,
  urls: { tableUrl: string; vendorUrl: string },
): Promise<Summary> {
  vendor.send(scenario);
  await answerOf(vendor);
  const dueAt = Date.now() + START_MS;
  const workers = await Promise.all(
    Array.from({ length: WORKERS }, async (_, index) => {
      const child = start('worker.ts');
      const work: Work = {
        scenario,
        strategy,
        jobs: Array.from({ length: scenario.jobs }, (_job, job) => job).filter(
          (job) => job % WORKERS === index,
        ),
        workers: WORKERS,
        ...urls,
        tableName: COORDINATION_TABLE,
        key: `RATE#bench#${scenario.name}#${strategy}`,
        // From the slowest clock to the fastest.
        skewMs: -MOST_SKEW_MS + (2 * MOST_SKEW_MS * index) / (WORKERS - 1),
        dueAt,
      };
      child.send(work);
      try {
        return WorkDone.parse(await answerOf(child));
      } finally {
        child.kill();
      }
    }),
  );
  vendor.send('journal');
  const journal = Journal.parse(await answerOf(vendor));
  return summarise(scenario, strategy, dueAt, workers, journal);
}

function start(file: string): ChildProcess {
  return fork(new URL(file, import.meta.url), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}

/** The next message of a process. */
async function answerOf(child: ChildProcess): Promise<unknown> {
  const done = new AbortController();
  const signal = AbortSignal.any([done.signal, AbortSignal.timeout(LONGEST_ANSWER_MS)]);
  const ended = once(child, 'exit', { signal }).then(() => {
    throw new Error('A process of the benchmark ended before it answered.');
  });
  try {
    const [message] = await Promise.race([once(child, 'message', { signal }), ended]);
    return message;
  } finally {
    done.abort();
    ended.catch(() => {});
  }
}
