import type { Measured } from './series.ts';

type Spread = { p50: number; p99: number };

/** One series' figures. Times are in milliseconds. */
export type Row = {
  label: string;
  limits: string;
  leavers: number;
  latencyMs: number;
  hanging: string | null;
  /** From the event to the last login shut. */
  lastShut: Spread;
  shutByApp: Record<string, Spread>;
  /** The calls of each app until a login is shut. */
  calls: Record<string, number>;
  slowest: string;
  ownCalls: Spread;
  ratio: Spread;
  /** How long a step waited for the app that hangs; null where none hangs. */
  gaveUp: Spread | null;
  failed: Record<string, number>;
  cores: number;
};

/** The figures of one series. */
export function summarise(label: string, limits: string, measured: Measured): Row {
  const { leavers, latencyMs, hanging } = measured.series;
  const lastShut = spreadOf(measured.lastShut);
  const ownCalls = spreadOf(measured.ownCalls);
  const byApp = Object.entries(measured.shutByApp).map(([app, times]) => [app, spreadOf(times)]);
  return {
    ...{ label, limits, leavers, latencyMs, hanging, lastShut },
    shutByApp: Object.fromEntries(byApp),
    calls: measured.calls,
    slowest: measured.slowest,
    ownCalls,
    ratio: { p50: ratioOf(lastShut.p50, ownCalls.p50), p99: ratioOf(lastShut.p99, ownCalls.p99) },
    gaveUp: hanging === null ? null : spreadOf(measured.gaveUp),
    failed: measured.failed,
    cores: rounded(measured.cores),
  };
}

/** All series as a table in Markdown. */
export function sideBySide(rows: readonly Row[]): string {
  const head =
    '| | limits | leavers | never answers | p50 | p99 | own calls p50 | p99 | × p50 | × p99 | cores |';
  const lines = rows.map(
    ({ label, limits, leavers, hanging, lastShut, slowest, ownCalls, ratio, ...row }) => {
      const cells = [
        label,
        limits,
        leavers,
        hanging ?? 'none',
        seconds(lastShut.p50),
        seconds(lastShut.p99),
        `${seconds(ownCalls.p50)} (${slowest}, ${row.calls[slowest]})`,
        seconds(ownCalls.p99),
        ratio.p50.toFixed(1),
        ratio.p99.toFixed(1),
        row.cores.toFixed(2),
      ];
      return `| ${cells.join(' | ')} |`;
    },
  );
  return [head, '|---|---|---|---|---|---|---|---|---|---|---|', ...lines].join('\n');
}

function spreadOf(times: readonly number[]): Spread {
  const sorted = times.toSorted((a, b) => a - b);
  return { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99) };
}

/** Of sorted numbers; 0 when there are none. */
function percentile(sorted: readonly number[], share: number): number {
  return rounded(sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0);
}

function ratioOf(value: number, floor: number): number {
  return floor === 0 ? 0 : rounded(value / floor);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
