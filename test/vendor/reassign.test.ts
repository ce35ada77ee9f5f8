import { describe, expect, it } from 'vitest';
import { VendorRateLimitedError, VendorRejectedError } from '../../functions/shared/errors.ts';
import { reassignRecords } from '../../functions/vendor/reassign.ts';

const LEAVER = 3;
const HEIR = 1;
const call = {
  vendor: 'drift',
  operation: 'reassignContacts',
  method: 'PATCH',
  path: '/contacts/2',
} as const;
const refused = () => new VendorRateLimitedError({ ...call, status: 429 }, 1000);
const notSent = () => new VendorRateLimitedError(call, 60_000);

/** Contacts 1 to `count`, all the leaver's; `faults` hit the writes to one of them, one after the other. */
function contacts(count: number, faults: { id: number; errors: Error[] } = { id: 0, errors: [] }) {
  const owners = new Map(Array.from({ length: count }, (_, index) => [index + 1, LEAVER]));
  const writes: number[] = [];
  const asked: number[] = [];
  const run = (move = (id: number, owner: number) => void owners.set(id, owner)) =>
    reassignRecords({
      vendor: 'drift',
      operation: 'reassignContacts',
      what: 'contacts',
      listOwned: async () => [...owners].filter(([, owner]) => owner === LEAVER).map(([id]) => id),
      findNewOwner: async () => {
        asked.push(writes.length);
        return HEIR;
      },
      move: async (id, owner) => {
        writes.push(id);
        const error = id === faults.id ? faults.errors.shift() : undefined;
        if (error !== undefined) throw error;
        move(id, owner);
      },
    });
  return { owners, writes, asked, run };
}

const movedAll = (moved: number) => ({
  status: 'changed',
  changes: [{ what: 'contacts reassigned', moved, remaining: 0 }],
});

it('gives every record to the new owner and counts them', async () => {
  const { owners, run } = contacts(5);
  expect(await run()).toEqual(movedAll(5));
  expect([...owners.values()]).toEqual(Array(5).fill(HEIR));
});

it('asks who the new owner is once, before the first write', async () => {
  const { asked, run } = contacts(5);
  await run();
  expect(asked).toEqual([0]);
});

it('does not ask for a new owner when there is nothing to move', async () => {
  const { asked, run } = contacts(0);
  expect(await run()).toEqual({ status: 'already_done' });
  expect(asked).toEqual([]);
});

it('run again, moves only what is left', async () => {
  const { writes, run } = contacts(5, { id: 3, errors: [new VendorRejectedError(call)] });
  await expect(run()).rejects.toThrow('2 of 5 contacts have been moved, the others have not.');
  writes.length = 0;
  expect(await run()).toEqual(movedAll(3));
  expect(writes).toEqual([3, 4, 5]);
  expect(await run()).toEqual({ status: 'already_done' });
});

it('keeps the error in the middle what it was', async () => {
  const error = new VendorRejectedError(call, { code: 'E1' });
  await expect(contacts(5, { id: 3, errors: [error] }).run()).rejects.toBe(error);
});

it('does not believe writes that reading back does not show', async () => {
  const { owners, run } = contacts(5);
  const failure = run((id, owner) => void (id === 4 ? undefined : owners.set(id, owner)));
  await expect(failure).rejects.toMatchObject({
    name: 'VendorUnconfirmedError',
    message: expect.stringContaining('1 of 5 contacts'),
  });
});

describe('a rate limit in the middle', () => {
  it('does not end it: the limiter waits, and the record is moved after it', async () => {
    const { writes, run } = contacts(3, { id: 2, errors: [refused()] });
    expect(await run()).toEqual(movedAll(3));
    expect(writes).toEqual([1, 2, 2, 3]);
  });

  it.each([
    { what: 'not over after the wait', errors: [refused(), refused()], written: [1, 2, 2] },
    { what: 'too far from over for the limiter to wait', errors: [notSent()], written: [1, 2] },
  ])('is left to the state machine when it is $what', async ({ errors, written }) => {
    const { writes, run } = contacts(3, { id: 2, errors: [...errors] });
    await expect(run()).rejects.toMatchObject({
      name: 'VendorRateLimitedError',
      message: expect.stringContaining('1 of 3 contacts have been moved'),
    });
    expect(writes).toEqual(written);
  });
});
