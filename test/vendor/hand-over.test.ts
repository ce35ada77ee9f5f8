import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { fileStore } from '../../functions/files/files.ts';
import { asking } from '../../functions/shared/asks.ts';
import {
  VendorAuthError,
  VendorRejectedError,
  VendorUnavailableError,
} from '../../functions/shared/errors.ts';
import type { StepResult } from '../../functions/shared/outcome.ts';
import { type HandOver, handOver, handOverInParts } from '../../functions/vendor/hand-over.ts';
import {
  fileJournal,
  type Journal,
  memoryJournal,
  type Place,
} from '../../functions/vendor/hand-over-journal.ts';
import type { OwnedRecords } from '../../functions/vendor/owned-records.ts';

const LEAVER = 3;
const HEIR = 1;
const call = {
  vendor: 'drift',
  operation: 'reassignContacts',
  method: 'PATCH',
  path: '/contacts/2',
} as const;
const forbidden = () => new VendorAuthError({ ...call, status: 403 }, 'tenure/drift/rest');
const unauthorised = () => new VendorAuthError({ ...call, status: 401 }, 'tenure/drift/rest');
const unavailable = () => new VendorUnavailableError({ ...call, status: 503 }, 'failed');

const PAGE = 100;

type World = {
  /** How many contacts the app has; the leaver's come first. */
  others?: number;
  /** Errors of the writes to a contact, one after the other. */
  faults?: Readonly<Record<number, Error[]>>;
  /** What a write does that the app accepts. */
  move?: (owners: Map<number, number>, id: number, owner: number) => void;
};

/** Contacts 1 to `count`, all the leaver's, and perhaps others. */
function contacts(count: number, { others = 0, faults = {}, move }: World = {}) {
  const owners = new Map(
    Array.from({ length: count + others }, (_, index) => [index + 1, index < count ? LEAVER : HEIR]),
  );
  const writes: number[] = [];
  const reads: number[] = [];
  const asked: number[] = [];
  const waits: number[] = [];
  const pages: string[] = [];
  const clock = { now: 0, msPerCall: 0 };
  const call = () => {
    clock.now += clock.msPerCall;
  };
  const owned = (ids: readonly number[]) => ids.filter((id) => owners.get(id) === LEAVER);
  const records: OwnedRecords = {
    vendor: 'drift',
    what: 'contacts',
    list: { vendor: 'drift', operation: 'reassignContacts', method: 'GET', path: '/contacts' },
    first: '0',
    listPage: async (position) => {
      call();
      pages.push(position);
      const start = Number(position);
      const all = [...owners.keys()];
      const next = start + PAGE < all.length ? String(start + PAGE) : null;
      return { ids: owned(all.slice(start, start + PAGE)), next };
    },
    readOwner: async (id) => {
      call();
      reads.push(id);
      const owner = owners.get(id);
      if (owner === undefined) return 'gone';
      return owner === LEAVER ? 'leaver' : 'other';
    },
    findNewOwner: async () => {
      call();
      asked.push(writes.length);
      return HEIR;
    },
    move: async (id, owner) => {
      call();
      writes.push(id);
      const error = faults[id]?.shift();
      if (error !== undefined) throw error;
      if (!owners.has(id)) return null;
      if (move === undefined) owners.set(id, owner);
      else move(owners, id, owner);
      return {};
    },
    sleep: async (ms) => void waits.push(ms),
  };
  const parts = (journal: Journal): HandOver => ({
    records,
    journal,
    step: 'DriftReassignContacts',
    now: () => clock.now,
  });
  return {
    ...{ owners, writes, reads, asked, waits, pages, clock, records, parts },
    /** A run of its own. */
    run: () => handOver(parts(memoryJournal())),
  };
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
  const { writes, run } = contacts(5, { faults: { 3: [unauthorised()] } });
  await expect(run()).rejects.toMatchObject({ name: 'VendorAuthError' });
  writes.length = 0;
  // Those beside it were on their way.
  expect(await run()).toEqual(movedAll(1));
  expect(writes).toEqual([3]);
  expect(await run()).toEqual({ status: 'already_done' });
});

it('counts from the beginning when an attempt is gone on with, and writes no record twice', async () => {
  const { writes, parts } = contacts(5, { faults: { 3: [unauthorised()] } });
  const journal = memoryJournal();
  await expect(handOver(parts(journal))).rejects.toMatchObject({ name: 'VendorAuthError' });
  expect(await handOver(parts(journal))).toEqual(movedAll(5));
  expect(writes).toEqual([1, 2, 3, 4, 5, 3]);
  expect(await handOver(parts(journal))).toEqual(movedAll(5));
  expect(writes).toHaveLength(6);
});

it('names what reading back still shows as the leaver’s, after it has looked three times', async () => {
  const forgetsTheFourth = (owners: Map<number, number>, id: number, owner: number) =>
    void (id === 4 ? undefined : owners.set(id, owner));
  const { writes, waits, run } = contacts(5, { move: forgetsTheFourth });
  const result = await run();
  expect(result).toEqual({
    status: 'incomplete',
    changes: [{ what: 'contacts reassigned', ...counts, moved: 4, remaining: 1 }],
    ...asking('event', result.followUps ?? []),
  });
  expect(result.followUps).toEqual([
    expect.stringContaining('4 (the write was accepted, and reading back still shows the leaver)'),
  ]);
  expect(writes).toEqual([1, 2, 3, 4, 5]);
  expect(waits).toEqual([1000, 2000]);
});

it('believes a write that shows late', async () => {
  const world = contacts(2, {
    move: (owners, id, owner) => void (id === 2 ? undefined : owners.set(id, owner)),
  });
  world.records.sleep = async () => void world.owners.set(2, HEIR);
  expect(await world.run()).toEqual(movedAll(2));
});

it('tells what the leaver got meanwhile from what was moved', async () => {
  const world = contacts(2);
  const { listPage } = world.records;
  world.records.listPage = async (position) => {
    if (world.writes.length === 2) world.owners.set(9, LEAVER);
    return listPage(position);
  };
  expect(await world.run()).toMatchObject({
    changes: [{ initial: 2, moved: 2, remaining: 1, refused: 0 }],
    followUps: [expect.stringContaining('9 (the leaver got it meanwhile)')],
  });
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
    const { owners, writes, run } = contacts(5, { faults: { 3: everyTime(error) } });
    expect(await run()).toMatchObject({
      status: 'incomplete',
      changes: [{ what: 'contacts reassigned', ...counts, moved: 4, refused: 1, remaining: 1 }],
      followUps: [expect.stringContaining(`: 3 (${says}).`)],
    });
    expect([...owners.values()]).toEqual([HEIR, HEIR, LEAVER, HEIR, HEIR]);
    expect(writes).toEqual([1, 2, 3, 4, 5]);
  });

  it.each([
    { others: 0, shown: 'shows', readOwner: 'leaver' },
    // Reading each record back takes fewer calls than reading the list again.
    { others: 400, shown: 'shows', readOwner: 'leaver' },
    { others: 400, shown: 'does not show', readOwner: 'gone' },
  ] as const)(
    'says is not there, $shown and lists all the same, is named too (others: $others)',
    async (one) => {
      const world = contacts(3, one);
      const { move, readOwner } = world.records;
      world.records.move = async (id, owner) => (id === 2 ? null : move(id, owner));
      world.records.readOwner = async (id) => (id === 2 ? one.readOwner : readOwner(id));
      expect(await world.run()).toMatchObject({
        changes: [{ moved: 2, gone: 0, refused: 1, remaining: 1 }],
        followUps: [expect.stringContaining('2 (listed, but not found)')],
      });
    },
  );

  it('says is not there, and does not say so again, is moved', async () => {
    const world = contacts(3);
    const { move } = world.records;
    const missing = new Set([2]);
    world.records.move = async (id, owner) => (missing.delete(id) ? null : move(id, owner));
    expect(await world.run()).toEqual(movedAll(3));
    expect(world.waits).toEqual([1000]);
  });

  it.each([0, 400])(
    'is moved where it was refused after it had been applied (others: %i)',
    async (others) => {
      const { records, run } = contacts(3, { others });
      const { move } = records;
      records.move = async (id, owner) => {
        await move(id, owner);
        if (id === 2) throw forbidden();
      };
      expect(await run()).toEqual(movedAll(3));
    },
  );

  it('shares its reason with others of the kind', async () => {
    const faults = { 1: everyTime(forbidden), 2: everyTime(unavailable), 4: everyTime(forbidden) };
    const { followUps } = await contacts(5, { faults }).run();
    expect(followUps).toEqual([expect.stringContaining(': 1, 4 (HTTP 403); 2 (HTTP 503).')]);
  });

  it('names 500 of them, and says how many more there are', async () => {
    const faults = Object.fromEntries(
      Array.from({ length: 502 }, (_, index) => [index + 1, everyTime(forbidden)]),
    );
    const { changes, followUps } = await inParts(contacts(502, { faults }));
    expect(changes).toMatchObject([{ initial: 502, moved: 0, refused: 502, remaining: 502 }]);
    expect(followUps).toEqual([expect.stringMatching(/, 500 \(HTTP 403\); and 2 more\.$/)]);
  });
});

describe('a record that the app does not serve', () => {
  it('stops no other, and is moved afterwards', async () => {
    const { writes, run } = contacts(5, { faults: { 2: [unavailable()], 4: [unavailable()] } });
    expect(await run()).toEqual(movedAll(5));
    expect(writes).toEqual([1, 2, 3, 4, 5, 2, 4]);
  });

  it('is not written again when the write was applied and only its answer lost', async () => {
    const world = contacts(3);
    const { move } = world.records;
    world.records.move = async (id, owner) => {
      await move(id, owner);
      if (id === 2) throw unavailable();
    };
    expect(await world.run()).toEqual(movedAll(3));
    expect(world.writes).toEqual([1, 2, 3]);
  });

  it('is one of three in a row: the app is asked whether it answers at all', async () => {
    const faults = Object.fromEntries([3, 4, 5].map((id) => [id, Array.from({ length: 3 }, unavailable)]));
    const { asked, run } = contacts(9, { faults });
    expect(await run()).toMatchObject({
      changes: [{ initial: 9, moved: 6, refused: 3, remaining: 3 }],
      followUps: [expect.stringContaining('3, 4, 5 (HTTP 503)')],
    });
    expect(asked).toEqual([0, expect.any(Number)]);
  });

  it('is left to the state machine when the app is down', async () => {
    const faults = Object.fromEntries([3, 4, 5].map((id) => [id, [unavailable()]]));
    const world = contacts(9, { faults });
    const { findNewOwner } = world.records;
    let isDown = false;
    world.records.findNewOwner = async () => {
      if (world.writes.length > 0 && !isDown) {
        isDown = true;
        throw unavailable();
      }
      return findNewOwner();
    };
    const journal = memoryJournal();
    await expect(handOver(world.parts(journal))).rejects.toMatchObject({ name: 'VendorUnavailableError' });
    expect(await handOver(world.parts(journal))).toEqual(movedAll(9));
    const twice = world.writes.filter((id, index) => world.writes.indexOf(id) !== index);
    expect(twice).toEqual([3, 4, 5]);
  });

  it('says nothing about the record while no other was served', async () => {
    const { run } = contacts(1, { faults: { 1: Array.from({ length: 3 }, unavailable) } });
    await expect(run()).rejects.toMatchObject({ name: 'VendorUnavailableError' });
  });
});

it('counts what was deleted meanwhile as gone', async () => {
  const { run } = contacts(3, {
    move: (owners, id, owner) => {
      owners.set(id, owner);
      owners.delete(3);
    },
  });
  expect((await run()).changes).toEqual([
    { what: 'contacts reassigned', ...counts, initial: 3, moved: 2, gone: 1 },
  ]);
});

/** Hands over in one invocation, and if that does not do in rounds. */
async function inParts(
  { parts }: Pick<ReturnType<typeof contacts>, 'parts'>,
  journal = memoryJournal(),
  onRound: (place: Place) => void = () => {},
): Promise<StepResult> {
  await expect(handOver(parts(journal))).rejects.toMatchObject({ name: 'HandOverInPartsError' });
  let place: Place | null = null;
  for (;;) {
    const result: Place | StepResult = await handOverInParts(parts(journal), place);
    if (!('stage' in result)) return result;
    onRound(result);
    // What the state machine keeps.
    place = JSON.parse(JSON.stringify(result));
  }
}

describe('more than 200 records', () => {
  it('are collected to the last before the first write, and then moved in rounds of some three minutes', async () => {
    const world = contacts(1001);
    world.clock.msPerCall = 300;
    const rounds: Place[] = [];
    let before = 0;
    const longest: number[] = [];
    const result = await inParts(world, memoryJournal(), (place) => {
      rounds.push(place);
      longest.push(world.clock.now - before);
      before = world.clock.now;
    });
    expect(result).toEqual(movedAll(1001));
    expect(world.writes).toHaveLength(1001);
    expect(new Set(world.writes).size).toBe(1001);
    expect(world.pages.slice(0, 11)).toEqual(Array.from({ length: 11 }, (_, index) => String(index * PAGE)));
    expect(world.asked[0]).toBe(0);
    expect(rounds.map(({ next }) => next)).toEqual([4]);
    for (const ms of longest) expect(ms).toBeLessThan(240_000);
  });

  it('are read page by page once, also by the first invocation', async () => {
    const { pages, parts } = contacts(450);
    await inParts({ parts });
    const once = ['0', '100', '200', '300', '400'];
    // The ids, and afterwards what the list still shows.
    expect(pages).toEqual([...once, ...once]);
  });

  it('cost a kill one part at most: those that it had moved are read and not written again', async () => {
    const world = contacts(700);
    const { move } = world.records;
    let untilKill = 350;
    world.records.move = async (id, owner) => {
      untilKill -= 1;
      // As if the process ended: nothing of this invocation is kept.
      if (untilKill === 0) throw new Error('killed');
      return move(id, owner);
    };
    const journal = memoryJournal();
    await expect(handOver(world.parts(journal))).rejects.toMatchObject({ name: 'HandOverInPartsError' });
    const kept = await handOverInParts(world.parts(journal), null);
    expect(kept).toMatchObject({ stage: 'move', next: 2 });
    // Those that were on their way beside it are moved.
    expect(world.writes).toHaveLength(359);
    let place: Place | StepResult = kept;
    while ('stage' in place) place = await handOverInParts(world.parts(journal), place);
    expect(place).toEqual(movedAll(700));
    expect(world.reads).toHaveLength(200);
    expect(new Set(world.writes).size).toBe(700);
    expect(world.writes).toHaveLength(700);
  });

  it('are all collected before the first write, also when the round that did both is killed', async () => {
    const world = contacts(650);
    const { move } = world.records;
    // A list of the leaver's records alone, whose pages shift with every write.
    world.records.listPage = async (position) => {
      const all = [...world.owners].flatMap(([id, owner]) => (owner === LEAVER ? [id] : []));
      const start = Number(position);
      const next = start + PAGE < all.length ? String(start + PAGE) : null;
      return { ids: all.slice(start, start + PAGE), next };
    };
    let untilKill = 350;
    world.records.move = async (id, owner) => {
      untilKill -= 1;
      if (untilKill === 0) throw new Error('killed');
      return move(id, owner);
    };
    const journal = memoryJournal();
    await expect(handOver(world.parts(journal))).rejects.toMatchObject({ name: 'HandOverInPartsError' });
    await handOverInParts(world.parts(journal), null);
    // As if that round's answer were lost too: the state machine knows no place.
    expect(await handOverInParts(world.parts(journal), null)).toEqual(movedAll(650));
    expect(world.writes).toHaveLength(650);
  });

  it('are moved to the last although one is always refused and another not served', async () => {
    const faults = { 250: Array.from({ length: 9 }, forbidden), 251: Array.from({ length: 9 }, unavailable) };
    expect(await inParts(contacts(600, { faults }))).toMatchObject({
      status: 'incomplete',
      changes: [{ initial: 600, moved: 598, refused: 2, remaining: 2 }],
      followUps: [expect.stringContaining('250 (HTTP 403); 251 (HTTP 503)')],
    });
  });

  it('fail as one with the error of the round in which nothing could be done', async () => {
    const world = contacts(300);
    const journal = memoryJournal();
    await expect(handOver(world.parts(journal))).rejects.toMatchObject({ name: 'HandOverInPartsError' });
    world.records.findNewOwner = async () => {
      throw unavailable();
    };
    await expect(handOverInParts(world.parts(journal), null)).rejects.toMatchObject({
      name: 'VendorUnavailableError',
    });
  });

  it('stop after 72 hours, however many rounds that were', async () => {
    const { parts } = contacts(900);
    const journal = memoryJournal();
    await expect(handOver(parts(journal))).rejects.toMatchObject({ name: 'HandOverInPartsError' });
    const place = await handOverInParts({ ...parts(journal), now: expires() }, null);
    if (!('stage' in place)) throw new Error('It was not left.');
    const late = { ...parts(journal), now: () => place.since + 72 * 3_600_000 };
    expect(await handOverInParts(late, place)).toMatchObject({
      status: 'incomplete',
      changes: [{ initial: 400, moved: 0, remaining: 400 }],
      followUps: [expect.stringContaining('Send the termination again: 0 of 400')],
    });
    const justInTime = { ...late, now: () => place.since + 72 * 3_600_000 - 1 };
    expect(await handOverInParts(justInTime, place)).not.toMatchObject({ status: 'incomplete' });
  });

  it('are gone on with in the same round after a fault that passes, so that few rounds are used up', async () => {
    const world = contacts(900);
    const journal = memoryJournal();
    await expect(handOver(world.parts(journal))).rejects.toMatchObject({ name: 'HandOverInPartsError' });
    const { findNewOwner } = world.records;
    let faults = 2;
    world.records.findNewOwner = async () => {
      if (world.writes.length < 400 || faults === 0) return findNewOwner();
      faults -= 1;
      throw unavailable();
    };
    expect(await handOverInParts(world.parts(journal), null)).toEqual(movedAll(900));
    expect(world.waits).toEqual([30_000, 30_000]);
    expect(world.writes).toHaveLength(900);
  });

  it('end the round at a fault that only a person mends', async () => {
    const world = contacts(900);
    const journal = memoryJournal();
    await expect(handOver(world.parts(journal))).rejects.toMatchObject({ name: 'HandOverInPartsError' });
    const { findNewOwner } = world.records;
    world.records.findNewOwner = async () => {
      if (world.writes.length < 400) return findNewOwner();
      throw unauthorised();
    };
    const place = await handOverInParts(world.parts(journal), null);
    expect(place).toMatchObject({ stage: 'move', next: 3 });
    expect(world.waits).toEqual([]);
  });
});

/** A clock on which every look is a round later. */
function expires(): () => number {
  let now = 0;
  return () => {
    now += 180_000;
    return now;
  };
}

describe('a few contacts among very many', () => {
  it('are read back one by one, because the list would take more calls', async () => {
    const world = contacts(30, { others: 15_000 });
    expect(await world.run()).toEqual(movedAll(30));
    expect(world.pages).toHaveLength(151);
    expect(world.reads).toHaveLength(30);
  });

  it('are named when reading back still shows the leaver', async () => {
    const world = contacts(3, {
      others: 1_000,
      move: (owners, id, owner) => void (id === 2 ? 0 : owners.set(id, owner)),
    });
    expect(await world.run()).toMatchObject({
      changes: [{ initial: 3, moved: 2, refused: 0, remaining: 1 }],
      followUps: [expect.stringContaining('2 (the write was accepted')],
    });
  });

  it('are collected in rounds when the list is long', async () => {
    const world = contacts(30, { others: 30_000 });
    world.clock.msPerCall = 1_500;
    expect(await inParts(world)).toEqual(movedAll(30));
    expect(world.pages).toHaveLength(301);
    expect(world.writes).toHaveLength(30);
  });
});

it('stops at a list whose pages never end', async () => {
  const { records, parts } = contacts(5);
  records.listPage = async (position) => ({ ids: [1, 2], next: position === '0' ? '1' : '0' });
  await expect(handOver(parts(memoryJournal()))).rejects.toMatchObject({ name: 'VendorResponseError' });
});

it('stops at a list that shows the same page again, also where nothing on it is the leaver’s', async () => {
  const { records, parts } = contacts(0);
  records.listPage = async (position) => ({
    ...{ ids: [], shown: [{ id: 1, owner: HEIR }] },
    next: String(Number(position) + 1),
  });
  await expect(handOver(parts(memoryJournal()))).rejects.toMatchObject({ name: 'VendorResponseError' });
});

it.each(['run-1', 'ein Lauf: von Hand/mit allem'])('keeps the journal of %s in files', async (run) => {
  const folder = mkdtempSync(join(tmpdir(), 'tenure-hand-over-'));
  const files = fileStore(pathToFileURL(folder).href);
  const journal = fileJournal(files, run, 'DriftReassignContacts');
  expect(await journal.readPlace()).toBeNull();
  expect(await journal.begin(0)).toBe(false);
  expect(await inParts(contacts(450), journal)).toEqual(movedAll(450));
  expect(await fileJournal(files, run, 'DriftReassignContacts').begin(0)).toBe(true);
  expect(await fileJournal(files, `${run}-2`, 'DriftReassignContacts').begin(0)).toBe(false);
});
