import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { APPS } from '../../functions/shared/apps.ts';
import { WIDE_LIMITS } from '../../test/wide-limits.ts';
import { play } from './series.ts';
import { type Row, sideBySide, summarise } from './summary.ts';

// npm run bench:time-to-lock: how long after their terminations the last logins of people are shut who leave at once,
// beside the calls of the slowest app alone. Vendors and tenure are processes of their own, HTTP between them is real,
// and so is every delay. The vendors' limits are wide open, so that the order of work is measured and not what vendors
// allow. One JSON line a series, and all of them side by side at the end.
//   --leavers N       how many at once; 200 unless given
//   --latency MS      how long a vendor takes for an answer; 100 unless given
//   --hanging APP     which app never answers in the second series; drift unless given
//   --limits KIND     wide unless given; documented for the vendors' own
//   --label TEXT      what the rows are called
//   --quick           10 leavers

const { values } = parseArgs({
  options: {
    leavers: { type: 'string' },
    latency: { type: 'string', default: '100' },
    hanging: { type: 'string', default: 'drift' },
    limits: { type: 'string', default: 'wide' },
    label: { type: 'string', default: 'tenure' },
    quick: { type: 'boolean', default: false },
  },
});
const hanging = APPS.find((app) => app === values.hanging);
if (hanging === undefined) throw new Error(`--hanging: expected one of ${APPS.join(', ')}.`);
const leavers = Number(values.leavers ?? (values.quick ? 10 : 200));
const environment = values.limits === 'documented' ? {} : WIDE_LIMITS;
const peers = values.limits === 'documented' ? 1 : leavers;

console.log(
  JSON.stringify({
    machine: { node: process.version, cores: availableParallelism() },
    at: new Date().toISOString(),
  }),
);
const rows: Row[] = [];
for (const silent of [null, hanging]) {
  const measured = await play({
    leavers,
    latencyMs: Number(values.latency),
    hanging: silent,
    peers,
    environment,
  });
  const row = summarise(values.label, values.limits, measured);
  rows.push(row);
  console.log(JSON.stringify(row));
}
console.log(`\n${sideBySide(rows)}`);
