import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Runtime } from '../../local/runtime/runtime.ts';
import { stubWideLimits } from '../wide-limits.ts';
import { playSequences, sequenceOfSteps, startSequenceRuntime, violationsOf } from './sequences.ts';

let runtime: Runtime;

beforeAll(async () => {
  stubWideLimits(vi.stubEnv);
  runtime = await startSequenceRuntime();
});
afterAll(async () => {
  await runtime.close();
  vi.unstubAllEnvs();
});

it('100 sequences of events end as HR last asked, and touch nobody else', { timeout: 600_000 }, async () => {
  await playSequences(runtime, { seed: 100, numRuns: 100, longest: 4, mostApps: 1 });
});

describe('what such sequences have found:', () => {
  const waits = { when: 'later', settles: false } as const;

  it.each([
    [
      'a change of facts stops no hire that waits',
      sequenceOfSteps({ what: 'hire', ...waits }, { what: 'update' }),
    ],
    [
      'a change of facts stops no termination that waits',
      sequenceOfSteps({ what: 'hire' }, { what: 'terminate', ...waits }, { what: 'update' }),
    ],
    [
      'a hire under a new id waits for the run that acts for the old one',
      sequenceOfSteps({ what: 'hire', settles: false }, { what: 'move' }),
    ],
    [
      'two new ids in a row leave nobody with two accounts',
      sequenceOfSteps(
        { what: 'hire', settles: false, address: 'other' },
        { what: 'move', settles: false },
        { what: 'move', settles: false },
      ),
    ],
    [
      'a termination is taken back after a takeover',
      sequenceOfSteps(
        { what: 'hire' },
        { what: 'terminate' },
        { what: 'takeover' },
        { what: 'rescindTermination' },
      ),
    ],
    [
      'a hire is taken back after a takeover',
      sequenceOfSteps({ what: 'hire' }, { what: 'takeover' }, { what: 'rescindHire' }),
    ],
    [
      'a hire under a new id that is taken back shuts nobody who worked here before',
      sequenceOfSteps({ what: 'hire' }, { what: 'move' }, { what: 'rescindHire' }),
    ],
    [
      'a termination of the id that was given up shuts nobody, nor when it comes again',
      sequenceOfSteps(
        { what: 'hire' },
        { what: 'move' },
        { what: 'terminate', byOldId: true },
        { what: 'again', who: 2 },
      ),
    ],
    [
      'a hire that waited lets the person in when the termination that took its place is taken back',
      sequenceOfSteps({ what: 'hire', ...waits }, { what: 'terminate' }, { what: 'rescindTermination' }),
    ],
    [
      'a hire is taken back after a termination that never was',
      sequenceOfSteps({ what: 'hire' }, { what: 'rescindTermination' }, { what: 'rescindHire' }),
    ],
    [
      'two people who are hired at once with one address get no account in common',
      sequenceOfSteps({ what: 'hire', settles: false }, { what: 'hire', who: 1, address: "a colleague's" }),
    ],
    [
      'a termination that waits for the id that was given up shuts nobody',
      sequenceOfSteps({ what: 'hire' }, { what: 'terminate', ...waits }, { what: 'move' }),
    ],
  ])('%s', async (_, sequence) => {
    expect(await violationsOf(runtime, sequence)).toEqual([]);
  });
});
