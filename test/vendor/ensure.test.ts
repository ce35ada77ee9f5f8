import { describe, expect, it } from 'vitest';
import {
  VendorRejectedError,
  VendorResponseError,
  VendorUnavailableError,
  VendorUnconfirmedError,
} from '../../functions/shared/errors.ts';
import { ensure } from '../../functions/vendor/ensure.ts';

const call = { vendor: 'drata', operation: 'offboard', method: 'PATCH', path: '/personnel/7' } as const;
const LOST = new VendorUnavailableError(call, 'gave no answer');
const UNREADABLE = new VendorResponseError(call, 'a body that is not JSON');
const REFUSED = new VendorRejectedError(call);

type Read = boolean | Error;

/** A record that reads as `reads` say, one after the other (the last again and again). */
function record(reads: Read[], writeError?: Error) {
  const done: string[] = [];
  let count = 0;
  const run = () =>
    ensure({
      read: async () => {
        const state = reads[Math.min(count, reads.length - 1)];
        count += 1;
        done.push('read');
        if (state instanceof Error) throw state;
        return state;
      },
      isDone: (state) => state === true,
      write: async () => {
        done.push('write');
        if (writeError !== undefined) throw writeError;
      },
      unconfirmed: () => new VendorUnconfirmedError('drata', 'offboard', 'person 7'),
      sleep: async (ms) => void done.push(`sleep ${ms}`),
    });
  return { done, run };
}

it('writes nothing when it is so already', async () => {
  const { done, run } = record([true]);
  expect(await run()).toEqual({ status: 'already_done', state: true });
  expect(done).toEqual(['read']);
});

it('writes once and reads back', async () => {
  const { done, run } = record([false, true]);
  expect(await run()).toEqual({ status: 'changed', state: true });
  expect(done).toEqual(['read', 'write', 'read']);
});

it('gives a slow replica three looks, and writes no second time', async () => {
  const { done, run } = record([false, false, false, true]);
  expect(await run()).toMatchObject({ status: 'changed' });
  expect(done).toEqual(['read', 'write', 'read', 'sleep 1000', 'read', 'sleep 2000', 'read']);
});

it.each([LOST, UNREADABLE, REFUSED])('looks again where a look after the write fails', async (error) => {
  const { done, run } = record([false, error, true]);
  expect(await run()).toEqual({ status: 'changed', state: true });
  expect(done).toEqual(['read', 'write', 'read', 'sleep 1000', 'read']);
  await expect(record([false, error]).run()).rejects.toBe(error);
});

it('does not believe a write that never shows', async () => {
  const { done, run } = record([false]);
  await expect(run()).rejects.toMatchObject({ name: 'VendorUnconfirmedError' });
  expect(done.filter((step) => step === 'write')).toHaveLength(1);
});

describe.each([
  { what: 'lost', error: LOST },
  { what: 'unreadable', error: UNREADABLE },
  { what: 'a refusal', error: REFUSED },
])('a write whose answer was $what', ({ error }) => {
  it('counts as done when a read shows it', async () => {
    const { done, run } = record([false, true], error);
    expect(await run()).toEqual({ status: 'changed', state: true });
    expect(done.filter((step) => step === 'write')).toHaveLength(1);
  });

  it('is the error when a read does not show it', async () => {
    await expect(record([false, false], error).run()).rejects.toBe(error);
  });

  it('stays the error when the read fails too', async () => {
    await expect(record([false, new Error('down')], error).run()).rejects.toBe(error);
  });
});

it('hands on what the first read throws, before anything is written', async () => {
  const { done, run } = record([LOST]);
  await expect(run()).rejects.toBe(LOST);
  expect(done).toEqual(['read']);
});
