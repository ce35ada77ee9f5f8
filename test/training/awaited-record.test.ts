import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod/mini';
import { HiredEvent } from '../../functions/shared/events.ts';
import type { StepEnd } from '../../local/aws/engine.ts';
import { leapingClock } from '../../local/aws/leaping-clock.ts';
import { type Runtime, startRuntime } from '../../local/runtime/runtime.ts';
import { ZOE } from '../../local/vendors/company.ts';
import type { DrataState } from '../../local/vendors/drata-state.ts';
import type { VendorServer } from '../../local/vendors/vendor-server.ts';
import { stubWideLimits } from '../wide-limits.ts';

// In the live dialect, Drata's records come from the identity provider, and maybe after the hire.

const DAY_MS = 86_400_000;
const SAMPLE = new URL('../../events/1-zoe-is-hired.json', import.meta.url);

let runtime: Runtime;
let drata: VendorServer<DrataState>;
let rounds: number[];
let afterRound: (round: number) => void;

beforeEach(async () => {
  stubWideLimits(vi.stubEnv);
  rounds = [];
  afterRound = () => {};
  runtime = await startRuntime({
    dialect: 'live',
    delayScale: 0.0001,
    clock: leapingClock(),
    onStepEnd: (end) => noteRound(end),
  });
  if (runtime.vendors.drata === undefined) throw new Error('Drata is not simulated.');
  drata = runtime.vendors.drata;
});
afterEach(() => runtime.close());

function noteRound(end: StepEnd): void {
  if (end.step !== 'DrataCheckTraining') return;
  rounds.push(Date.parse(z.parse(z.object({ now: z.string() }), end.event).now));
  afterRound(rounds.length);
}

/** Takes Zoë's record away, hires her in Drata, and plays all that follows. The record may come after a round. */
async function hire(comesAfter?: number) {
  const index = drata.state.personnel.findIndex(({ email }) => email === ZOE.email);
  const [zoe] = drata.state.personnel.splice(index, 1);
  if (zoe === undefined) throw new Error('Zoë is not seeded.');
  const event = z.parse(HiredEvent, JSON.parse(readFileSync(SAMPLE, 'utf8')));
  // Set before the hire: the rounds do not wait for its end.
  afterRound = (round) => {
    if (round === comesAfter) drata.state.personnel.push({ ...zoe, assignedAt: 0 });
  };
  const report = await runtime.play({ ...event, detail: { ...event.detail, apps: [{ app: 'drata' }] } });
  return report;
}

const inReport = async () => (await runtime.store.readRuns(ZOE.employeeId)).at(-1)?.report?.apps[0];
const followUpsInReport = async () => (await inReport())?.followUps;

describe('a joiner whom Drata does not have yet', () => {
  it('is no failure of the hire, and is waited for until the record has come', async () => {
    const report = await hire(3);
    expect(report).toMatchObject({ status: 'complete', apps: [{ app: 'drata', status: 'not_found' }] });
    const [ended] = await runtime.trainingFollowUps();
    expect(ended).toMatchObject({ failure: null, output: { check: { status: 'complete' } } });
    expect(rounds).toHaveLength(4);
    expect(await followUpsInReport()).toEqual([]);
    expect(drata.writes()).toEqual([]);
  });

  it('becomes a follow-up after drataAppearsWithinDays', { tags: 'slow' }, async () => {
    await hire();
    const [ended] = await runtime.trainingFollowUps();
    expect(ended?.failure).toContain('one record in Drata');
    expect(await followUpsInReport()).toEqual([
      expect.stringMatching(
        new RegExp(
          `^See that the identity provider .* gives employee ${ZOE.employeeId} one record in Drata, which had none by \\d{4}-\\d\\d-\\d\\d;`,
        ),
      ),
    ]);
    expect(Object.values((await inReport())?.asks ?? {})).toEqual(['event']);
    const waitedDays = ((rounds.at(-1) ?? 0) - (rounds[0] ?? 0)) / DAY_MS;
    expect(waitedDays).toBeGreaterThan(6.9);
  });

  it('is a follow-up at once where training is not followed up', async () => {
    vi.stubEnv('TRAINING_DUE_DAYS', undefined);
    const report = await hire();
    expect(report).toMatchObject({ status: 'complete' });
    expect(report.apps[0]?.followUps).toEqual([expect.stringContaining('a record in Drata, which has none')]);
    expect(await runtime.trainingFollowUps()).toEqual([]);
  });
});
