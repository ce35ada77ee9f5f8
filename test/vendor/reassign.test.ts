import { describe, expect, it } from 'vitest';
import {
  VendorAuthError,
  VendorRateLimitedError,
  VendorRejectedError,
  VendorUnavailableError,
} from '../../functions/shared/errors.ts';
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
const forbidden = () => new VendorAuthError({ ...call, status: 403 }, 'tenure/drift/rest');
const unauthorised = () => new VendorAuthError({ ...call, status: 401 }, 'tenure/drift/rest');
const unavailable = () => new VendorUnavailableError({ ...call, status: 503 }, 'failed');

/** Contacts 1 to `count`, all the leaver's; `faults` hit the writes to some of them, one after the other. */
function contacts(count: number, faults: Readonly<Record<number, Error[]>> = {}) {
  const owners = new Map(Array.from({ length: count }, (_, index) => [index + 1, LEAVER]));
  const writes: number[] = [];
  const asked: number[] = [];
  const waits: number[] = [];
  const run = (move = (id: number, owner: number) => void owners.set(id, owner)) =>
    reassignRecords<number>({
      vendor: 'drift',
      what: 'contacts',
      listOwned: async () => [...owners].filter(([, owner]) => owner === LEAVER).map(([id]) => id),
      findNewOwner: async () => {
        asked.push(writes.length);
        return HEIR;
      },
      move: async (id, owner) => {
        writes.push(id);
        const error = faults[id]?.shift();
        if (error !== undefined) throw error;
        if (!owners.has(id)) return null;
        move(id, owner);
        return {};
      },
      sleep: async (ms) => void waits.push(ms),
    });
  return { owners, writes, asked, waits, run };
}

const counts = { initial: 5, moved: 5, gone: 0, refused: 0, remaining: 0, newOwner: '1' };
const movedAll = (moved: number) => ({
  status: 'changed',
  changes: [{ what: 'contacts reassigned', ...counts, initial: moved, moved }],
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
  const { writes, run } = contacts(5, { 3: [unauthorised()] });
  await expect(run()).rejects.toThrow('2 of 5 contacts have been moved, the others have not.');
  writes.length = 0;
  expect(await run()).toEqual(movedAll(3));
  expect(writes).toEqual([3, 4, 5]);
  expect(await run()).toEqual({ status: 'already_done' });
});

it('is ended by a credential that is not valid, with the error that it was', async () => {
  const error = unauthorised();
  await expect(contacts(5, { 3: [error] }).run()).rejects.toBe(error);
});

it('names what reading back still shows as the leaver’s, after it has looked three times', async () => {
  const { owners, writes, waits, run } = contacts(5);
  expect(await run((id, owner) => void (id === 4 ? undefined : owners.set(id, owner)))).toEqual({
    status: 'incomplete',
    changes: [{ what: 'contacts reassigned', ...counts, moved: 4, remaining: 1 }],
    followUps: [
      expect.stringContaining('4 (the write was accepted, and reading back still shows the leaver)'),
    ],
  });
  expect(writes).toEqual([1, 2, 3, 4, 5]);
  expect(waits).toEqual([1000, 2000]);
});

it('believes a write that shows late', async () => {
  const { owners, waits, run } = contacts(2);
  const late = waits.push.bind(waits);
  waits.push = (...ms) => {
    owners.set(2, HEIR);
    return late(...ms);
  };
  expect(await run((id, owner) => void (id === 2 ? undefined : owners.set(id, owner)))).toEqual(movedAll(2));
});

describe('a record that the app refuses', () => {
  const everyTime = (error: () => Error) => Array.from({ length: 9 }, error);

  it.each([
    {
      status: 400,
      error: () => new VendorRejectedError({ ...call, status: 400 }, { code: 'E1' }),
      says: 'HTTP 400 E1',
    },
    { status: 403, error: forbidden, says: 'HTTP 403' },
    { status: 422, error: () => new VendorRejectedError({ ...call, status: 422 }), says: 'HTTP 422' },
  ])('with $status stops no other, and a follow-up names it', async ({ error, says }) => {
    const { owners, writes, run } = contacts(5, { 3: everyTime(error) });
    expect(await run()).toEqual({
      status: 'incomplete',
      changes: [{ what: 'contacts reassigned', ...counts, moved: 4, refused: 1, remaining: 1 }],
      followUps: [expect.stringContaining(`: 3 (${says}).`)],
    });
    expect([...owners.values()]).toEqual([HEIR, HEIR, LEAVER, HEIR, HEIR]);
    expect(writes).toEqual([1, 2, 3, 4, 5]);
  });

  it('as not found, and lists it all the same, is named too', async () => {
    const { owners, run } = contacts(3);
    const listed = (id: number, owner: number) => void (id === 2 ? undefined : owners.set(id, owner));
    expect((await run(listed)).changes).toMatchObject([{ moved: 2, remaining: 1 }]);
  });

  it('shares its reason with others of the kind', async () => {
    const faults = { 1: everyTime(forbidden), 2: everyTime(unavailable), 4: everyTime(forbidden) };
    const { followUps } = await contacts(5, faults).run();
    expect(followUps).toEqual([expect.stringContaining(': 1, 4 (HTTP 403); 2 (HTTP 503).')]);
  });

  it('names 500 of them, and says how many more there are', async () => {
    const faults = Object.fromEntries(
      Array.from({ length: 502 }, (_, index) => [index + 1, everyTime(forbidden)]),
    );
    const { changes, followUps } = await contacts(502, faults).run();
    expect(changes).toMatchObject([{ initial: 502, moved: 0, refused: 502, remaining: 502 }]);
    expect(followUps).toEqual([expect.stringMatching(/, 500 \(HTTP 403\); and 2 more\.$/)]);
  });
});

describe('a record that the app does not serve', () => {
  it('stops no other, and is moved afterwards', async () => {
    const { writes, run } = contacts(5, { 2: [unavailable()], 4: [unavailable()] });
    expect(await run()).toEqual(movedAll(5));
    expect(writes).toEqual([1, 2, 3, 4, 5, 2, 4]);
  });

  it('is not written again when the write was applied and only its answer lost', async () => {
    const { owners, writes, run } = contacts(3, { 2: [unavailable()] });
    const { changes } = await run((id, owner) => {
      owners.set(id, owner);
      if (id === 3) owners.set(2, owner);
    });
    expect(changes).toEqual([{ what: 'contacts reassigned', ...counts, initial: 3, moved: 3 }]);
    expect(writes).toEqual([1, 2, 3]);
  });

  it('is one of three in a row: the app is down, and the state machine tries again', async () => {
    const { writes, run } = contacts(9, { 3: [unavailable()], 4: [unavailable()], 5: [unavailable()] });
    await expect(run()).rejects.toMatchObject({
      name: 'VendorUnavailableError',
      message: expect.stringContaining('2 of 9 contacts have been moved'),
    });
    expect(writes).toEqual([1, 2, 3, 4, 5]);
    expect((await run()).changes).toMatchObject([{ initial: 7, moved: 7 }]);
  });

  it('says nothing about the record while no other was served', async () => {
    const { run } = contacts(1, { 1: Array.from({ length: 3 }, unavailable) });
    await expect(run()).rejects.toMatchObject({ name: 'VendorUnavailableError' });
  });
});

it('counts what was deleted meanwhile as gone', async () => {
  const { owners, run } = contacts(3);
  const deletesTheThird = (id: number, owner: number): undefined => {
    owners.set(id, owner);
    owners.delete(3);
  };
  expect((await run(deletesTheThird)).changes).toEqual([
    { what: 'contacts reassigned', ...counts, initial: 3, moved: 2, gone: 1 },
  ]);
});

it('leaves a limit that was not over in time to the state machine, and says how far it came', async () => {
  const { writes, run } = contacts(3, { 2: [refused()] });
  await expect(run()).rejects.toMatchObject({
    name: 'VendorRateLimitedError',
    message: expect.stringContaining('1 of 3 contacts have been moved'),
  });
  expect(writes).toEqual([1, 2]);
});
