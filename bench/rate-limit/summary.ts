import type { Arrival, JobEnd, WorkDone } from './messages.ts';
import { costOf, type Scenario, type Strategy } from './scenarios.ts';

/** One strategy's figures. Times are in milliseconds. */
export type Summary = {
  limit: string;
  scale: number;
  strategy: Strategy;
  jobs: number;
  unfinished: number;
  /** How much of the day's budget was used; null without one. */
  budgetUsed: number | null;
  calls: number;
  /** Accepted calls a second until the last one, as a share of what the limit allows. */
  utilisation: number;
  refused: number;
  refusedShare: number;
  attemptsPerJob: number;
  writesPerCall: number;
  readsPerCall: number;
  waitP50: number;
  waitP99: number;
  /** The longest wait of 99 in 100 jobs if the window took them first in, first out, without any latency. */
  idealP99: number;
  /** How far arrivals are spread around their slots; without the 0.5 % farthest on either side. */
  jitter: number | null;
  jitterWithAll: number | null;
  goals?: Record<string, { goal: number; value: number; met: boolean }>;
};

/** The figures of one strategy in one scenario. */
export function summarise(
  scenario: Scenario,
  strategy: Strategy,
  dueAt: number,
  workers: readonly WorkDone[],
  journal: readonly Arrival[],
): Summary {
  const { capacity, windowMs, jobs, name, scale, perDay } = scenario;
  const ends = workers.flatMap((worker) => worker.ends);
  const accepted = journal.filter(({ isAccepted }) => isAccepted);
  const waits = accepted.map(({ at }) => at - dueAt).sort(ascending);
  const lastAt = waits.at(-1) ?? 0;
  const calls = journal.length;
  const sum = (what: 'writes' | 'reads') => workers.reduce((total, worker) => total + worker[what], 0);
  const ideal = Array.from({ length: jobs }, (_, job) => Math.floor(job / capacity) * windowMs);
  const offsets = slotOffsets(ends, accepted);
  const refused = calls - accepted.length;
  const used = accepted.reduce((total, { job }) => total + costOf(scenario, job), 0);
  const summary: Summary = {
    limit: `${name} ${capacity}/${windowMs} ms`,
    scale,
    strategy,
    jobs,
    unfinished: ends.filter(({ isDone }) => !isDone).length,
    budgetUsed: perDay === undefined ? null : rounded(used / perDay),
    calls,
    utilisation: rounded((accepted.length * windowMs) / (capacity * lastAt)),
    refused,
    refusedShare: rounded(refused / calls),
    attemptsPerJob: rounded(ends.reduce((total, { attempts }) => total + attempts, 0) / jobs),
    writesPerCall: rounded(sum('writes') / calls),
    readsPerCall: rounded(sum('reads') / calls),
    waitP50: percentile(waits, 0.5),
    waitP99: percentile(waits, 0.99),
    idealP99: percentile(ideal, 0.99),
    jitter: offsets.length === 0 ? null : percentile(offsets, 0.995) - percentile(offsets, 0.005),
    jitterWithAll: offsets.length === 0 ? null : percentile(offsets, 1) - percentile(offsets, 0),
  };
  return strategy === 'tenure' ? { ...summary, goals: goalsOf(summary, windowMs) } : summary;
}

/** All strategies as a table in Markdown. */
export function sideBySide(summaries: readonly Summary[]): string {
  const head =
    '| limit | strategy | of the limit used | 429s | attempts a job | writes a call | p50 | p99 | done |';
  const rows = summaries.map((summary) => {
    const { limit, strategy, utilisation, refused, refusedShare, attemptsPerJob, writesPerCall } = summary;
    const cells = [
      limit,
      strategy,
      percent(utilisation),
      `${refused} (${percent(refusedShare)})`,
      attemptsPerJob.toFixed(2),
      writesPerCall.toFixed(2),
      seconds(summary.waitP50),
      seconds(summary.waitP99),
      `${summary.jobs - summary.unfinished} of ${summary.jobs}`,
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [head, '|---|---|---|---|---|---|---|---|---|', ...rows].join('\n');
}

function goalsOf(summary: Summary, windowMs: number): NonNullable<Summary['goals']> {
  const atMost = (goal: number, value: number) => ({ goal: rounded(goal), value, met: value <= goal });
  const share = (0.97 * windowMs) / (windowMs + (summary.jitter ?? 0));
  const { utilisation, budgetUsed } = summary;
  // Without tokens for all calls, what counts is that none of them is wasted, and none is asked for in vain.
  if (budgetUsed !== null)
    return {
      refused: atMost(0, summary.refused),
      budgetUsed: { goal: 0.99, value: budgetUsed, met: budgetUsed >= 0.99 },
    };
  return {
    refused: atMost(0, summary.refused),
    unfinished: atMost(0, summary.unfinished),
    utilisation: { goal: rounded(share), value: utilisation, met: utilisation >= share },
    writesPerCall: atMost(1.1, summary.writesPerCall),
    attemptsPerJob: atMost(2, summary.attemptsPerJob),
    waitP99: atMost(1.1 * summary.idealP99, summary.waitP99),
  };
}

/** How much later than their slots calls arrived; those that never waited have none. */
function slotOffsets(ends: readonly JobEnd[], accepted: readonly Arrival[]): number[] {
  const arrivals = new Map(accepted.map(({ job, at }) => [job, at]));
  return ends
    .flatMap(({ job, slot }) => (slot === null ? [] : [(arrivals.get(job) ?? slot) - slot]))
    .sort(ascending);
}

/** Of sorted numbers; 0 when there are none. */
function percentile(sorted: readonly number[], share: number): number {
  const index = Math.ceil(sorted.length * share) - 1;
  return rounded(sorted[Math.max(0, index)] ?? 0);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}

function ascending(a: number, b: number): number {
  return a - b;
}
