import { APP_TITLES } from '../shared/apps.ts';
import { asking } from '../shared/asks.ts';
import { HandOverInPartsError } from '../shared/errors.ts';
import { logger } from '../shared/logger.ts';
import type { StepResult } from '../shared/outcome.ts';
import { isPlanning } from '../shared/planning.ts';
import type { Journal, Place } from './hand-over-journal.ts';
import {
  type Answer,
  moveRecords,
  type OwnedRecords,
  type RecordId,
  readBack,
  stillTheLeavers,
  unconfirmed,
} from './owned-records.ts';
import { beginningOf, endlessPaging, isRepeated } from './paging.ts';

/** The most records that are handed over at once; more are handed over in parts of so many. */
export const PART_SIZE = 200;

// A part of the slowest app takes about two minutes at its limit, so that a round takes four; a Lambda should run below
// five.
const LONGEST_ROUND_MS = 180_000;
const LONGEST_FIRST_LIST_MS = 240_000;

// As long as a login is tried. A round is seven events of an execution, which may have 25,000 in all: two apps' rounds
// of three minutes are 20,160 in this time.
const LONGEST_MS = 72 * 3_600_000;
// A round that ended early at each fault would use them up sooner.
const PAUSE_AFTER_FAULT_MS = 30_000;
const MAY_PASS = ['VendorUnavailableError', 'VendorRateLimitedError', 'LimiterUnavailableError'];

/** What a hand-over is made of. `step` names it in the journal. */
export type HandOver = {
  records: OwnedRecords<RecordId>;
  journal: Journal;
  step: string;
  now: () => number;
};

/**
 * Gives every record that the leaver owns to the new owner. All ids are collected before the first write, because each
 * record that is moved shifts the pages of the leaver's records. A record that the app refuses stops no other; a
 * follow-up names it. What counts is what the app shows afterwards. An attempt that was broken off is gone on with.
 *
 * @throws HandOverInPartsError before the first write when there are too many for one invocation; what the functions
 *   throw, when the app serves no record any more or does not accept the credential.
 */
export async function handOver(parts: HandOver): Promise<StepResult> {
  const { journal, step, now } = parts;
  const known = await journal.readPlace();
  let place = known ?? firstPlace(parts);
  if (place.stage === 'collect') {
    const isOver = overAfter(LONGEST_FIRST_LIST_MS, now);
    place = await collect(parts, place, ({ initial }) => initial > PART_SIZE || isOver());
    if (place.stage === 'collect') await journal.writePlace(place);
    else if (place.initial === 0) return { status: 'already_done' };
  }
  const isTooLong = place.stage === 'collect' || place.initial > PART_SIZE;
  if (isTooLong && !isPlanning()) throw new HandOverInPartsError(step, place.initial, parts.records.what);
  while (place.status === 'more') place = await goOn(parts, place);
  return resultOf(parts, place);
}

/**
 * Goes on with a hand-over for some three minutes, and for 72 hours in all.
 *
 * @param from where it was left; null for the first time, which the journal knows.
 * @returns the place to go on from, or the result.
 * @throws as `handOver`, when nothing was done.
 */
export async function handOverInParts(parts: HandOver, from: Place | null): Promise<Place | StepResult> {
  const { step, now } = parts;
  const begin = await furthest(parts, from);
  if (now() - begin.since >= LONGEST_MS) return pausedAt(parts, begin);
  const isOver = overAfter(LONGEST_ROUND_MS, now);
  let place = begin;
  while (place.status === 'more' && (place === begin || !isOver())) {
    try {
      place = await goOn(parts, place, isOver);
    } catch (error) {
      // What is done is not done again: whoever goes on meets the error at once.
      if (place === begin) throw error;
      const name = error instanceof Error ? error.name : String(error);
      logger.warn('round met a fault', { step, error: name });
      if (!MAY_PASS.includes(name)) break;
      await parts.records.sleep(PAUSE_AFTER_FAULT_MS);
    }
  }
  return place.status === 'more' ? place : resultOf(parts, place);
}

/**
 * Where to go on. The journal knows when all ids are collected: after the first write, the pages that are left to read
 * are others, so that a place from before it must not be gone on from.
 */
async function furthest(parts: HandOver, from: Place | null): Promise<Place> {
  if (from !== null && from.stage !== 'collect') return from;
  const known = await parts.journal.readPlace();
  if (known !== null && (from === null || known.stage !== 'collect')) return known;
  return from ?? firstPlace(parts);
}

async function goOn(parts: HandOver, place: Place, isOver: () => boolean = () => false): Promise<Place> {
  switch (place.stage) {
    case 'collect':
      return collect(parts, place, isOver);
    case 'move':
      return movePart(parts, place);
    case 'check':
      return check(parts, place, isOver);
  }
}

function firstPlace({ records, step, now }: HandOver): Place {
  const counts = { pages: 0, initial: 0, parts: 0, next: 0, newOwner: null, left: 0, since: now() };
  return { status: 'more', step, stage: 'collect', position: records.first, ...counts };
}

function overAfter(ms: number, now: () => number): () => boolean {
  const beganAt = now();
  return () => now() - beganAt >= ms;
}

/** Reads pages of the leaver's records, and writes their ids down. @param isOver is asked after each page. */
async function collect(
  { records, journal }: HandOver,
  from: Place,
  isOver: (place: Place) => boolean,
): Promise<Place> {
  let place = from;
  let waiting: RecordId[] = [];
  const writePart = async (ids: readonly RecordId[]) => {
    await journal.writeIds('owned', place.parts, ids);
    place = { ...place, parts: place.parts + 1 };
  };
  const nextPage = pagesFrom(records);
  while (place.stage === 'collect' && (place === from || !isOver(place))) {
    const page = await nextPage(place.position);
    if (page === null) break;
    // A record that is changed while the pages are read may come twice.
    const ids = [...new Set(page.ids)].filter((id) => !waiting.includes(id));
    waiting = [...waiting, ...ids];
    place = { ...place, pages: place.pages + 1, initial: place.initial + ids.length };
    for (; waiting.length >= PART_SIZE; waiting = waiting.slice(PART_SIZE))
      await writePart(waiting.slice(0, PART_SIZE));
    place =
      page.next === null
        ? { ...place, stage: 'move', position: records.first }
        : { ...place, position: page.next };
  }
  if (waiting.length > 0) await writePart(waiting);
  if (place.stage === 'move' && place.initial > 0) await journal.writePlace(place);
  return place;
}

/**
 * Reads pages one after the other. A page is null where it cannot be read now and others were.
 *
 * @throws what `listPage` throws for the first page; VendorResponseError when a page or a position comes twice.
 */
function pagesFrom(records: OwnedRecords<RecordId>) {
  const seen = new Set<string>();
  let before: readonly unknown[] = [];
  return async (position: string) => {
    if (seen.has(position)) throw endlessPaging(records.list, seen.size);
    const page = await records.listPage(position).catch((error: unknown) => {
      if (seen.size === 0) throw error;
      return null;
    });
    const shown = page?.shown ?? page?.ids ?? [];
    if (page !== null && page.next !== null && isRepeated(before, shown))
      throw endlessPaging(records.list, seen.size);
    seen.add(position);
    before = beginningOf(shown);
    return page;
  };
}

/** Moves the next part. What became of each record is written down when the part is through. */
async function movePart(parts: HandOver, place: Place): Promise<Place> {
  const { records, journal } = parts;
  if (place.next >= place.parts) return { ...place, ...afterMoving(place) };
  const answers: Answer[] = [];
  try {
    // Asked for each part, because whoever takes over has to be active all along.
    const newOwnerId = await records.findNewOwner();
    const became =
      (await journal.readAnswers(place.next)) ?? (await moveNew(parts, place, { newOwnerId, answers }));
    const missed = place.missed === true || became.some(({ is }) => is === 'gone');
    const moved = { ...place, newOwner: String(newOwnerId), next: place.next + 1, missed };
    return moved.next < moved.parts ? moved : { ...moved, ...afterMoving(moved) };
  } catch (error) {
    const moved = (await countMoved(parts, place)) + movedAmong(answers);
    throw withCounts(error, records.what, place.initial, moved);
  }
}

/** Moves the records of a part that is not through. @param part.answers gets what became of each, as soon as it is known. */
async function moveNew(
  { records, journal }: HandOver,
  place: Place,
  { newOwnerId, answers }: { newOwnerId: number; answers: Answer[] },
): Promise<readonly Answer[]> {
  const ids = await journal.readIds('owned', place.next);
  const hasBegun = await journal.begin(place.next);
  await moveRecords(records, { ids, newOwnerId, hasBegun, answers });
  const became = readsEach(place) && !isPlanning() ? await readBack(records, answers) : answers;
  await journal.writeAnswers(place.next, became);
  return became;
}

function withCounts(error: unknown, what: string, initial: number, moved: number): unknown {
  if (error instanceof Error)
    error.message = `${error.message} ${moved} of ${initial} ${what} have been moved, the others have not.`;
  return error;
}

/** How many records were moved in the parts that are through. */
async function countMoved({ journal }: HandOver, { next }: Place): Promise<number> {
  let moved = 0;
  for (let part = 0; part < next; part += 1) moved += movedAmong((await journal.readAnswers(part)) ?? []);
  return moved;
}

function movedAmong(answers: readonly Answer[]): number {
  return answers.filter(({ is }) => is === 'moved').length;
}

function afterMoving(place: Place): Partial<Place> {
  return readsEach(place) || isPlanning() ? { status: 'done' } : { stage: 'check' };
}

/** Whether it is enough to read each record back, and takes fewer calls than reading the list again. */
function readsEach({ pages, initial, missed = false }: Place): boolean {
  return pages > initial && !missed;
}

/** Reads the list again, and writes down what is still the leaver's. */
async function check({ records, journal }: HandOver, from: Place, isOver: () => boolean): Promise<Place> {
  let place = from;
  const nextPage = pagesFrom(records);
  while (place.status === 'more' && (place === from || !isOver())) {
    const page = await nextPage(place.position);
    if (page === null) break;
    if (page.ids.length > 0) {
      await journal.writeIds('left', place.left, page.ids);
      place = { ...place, left: place.left + 1 };
    }
    place = page.next === null ? { ...place, status: 'done' } : { ...place, position: page.next };
  }
  return place;
}

// A state's output holds at most 256 kB.
const MOST_NAMED = 500;

async function resultOf(parts: HandOver, place: Place): Promise<StepResult> {
  if (place.initial === 0) return { status: 'already_done' };
  const { records, journal } = parts;
  const exceptions = new Map<RecordId, Answer>();
  for (let part = 0; part < place.parts; part += 1)
    for (const answer of (await journal.readAnswers(part)) ?? [])
      if (answer.is !== 'moved') exceptions.set(answer.id, answer);
  const left = readsEach(place)
    ? [...exceptions.values()].filter(({ is }) => is !== 'gone').map(({ id }) => id)
    : await leftOnList(parts, place, exceptions);
  const leftAtFirst = left.filter((id) => exceptions.has(id));
  const isLeft = new Set(left);
  const gone = [...exceptions.keys()].filter((id) => !isLeft.has(id)).length;
  const change = {
    what: `${records.what} reassigned`,
    initial: place.initial,
    moved: place.initial - leftAtFirst.length - gone,
    gone,
    refused: leftAtFirst.filter((id) => exceptions.get(id)?.is !== 'unconfirmed').length,
    remaining: left.length,
    ...(place.newOwner === null ? {} : { newOwner: place.newOwner }),
  };
  if (left.length === 0) return { status: 'changed', changes: [change] };
  const named = describeLeft(left.slice(0, MOST_NAMED), exceptions);
  const more = left.length > MOST_NAMED ? `; and ${left.length - MOST_NAMED} more` : '';
  const followUp = `Give these ${records.what} to another owner in ${APP_TITLES[records.vendor]} by hand, or mend the cause and send the termination again: ${named}${more}.`;
  return { status: 'incomplete', changes: [change], ...asking('event', [followUp]) };
}

/** What the list still showed as the leaver's. A record that was moved is read once more, because it may show late. */
async function leftOnList(
  { records, journal }: HandOver,
  place: Place,
  exceptions: Map<RecordId, Answer>,
): Promise<RecordId[]> {
  const listed = new Set<RecordId>();
  for (let part = 0; part < place.left; part += 1)
    for (const id of await journal.readIds('left', part)) listed.add(id);
  const unexplained = [...listed].filter((id) => !exceptions.has(id));
  const checked = unexplained.slice(0, PART_SIZE);
  const still = new Set(await stillTheLeavers(records, checked));
  for (const id of checked) if (!still.has(id)) listed.delete(id);
  const open = new Set(unexplained.filter((id) => listed.has(id)));
  if (open.size > 0)
    for (let part = 0; part < place.parts; part += 1)
      for (const id of await journal.readIds('owned', part))
        if (open.has(id)) exceptions.set(id, unconfirmed(id));
  return [...listed];
}

/** Ids and why: `1003, 1007 (HTTP 403); 1011 (HTTP 400)`. */
function describeLeft(left: readonly RecordId[], exceptions: ReadonlyMap<RecordId, Answer>): string {
  const byReason = new Map<string, RecordId[]>();
  for (const id of left) {
    const reason = reasonOf(exceptions.get(id));
    byReason.set(reason, [...(byReason.get(reason) ?? []), id]);
  }
  return [...byReason].map(([reason, ids]) => `${ids.join(', ')} (${reason})`).join('; ');
}

function reasonOf(answer: Answer | undefined): string {
  if (answer === undefined) return 'the leaver got it meanwhile';
  return answer.reason ?? 'listed, but not found';
}

/** After 72 hours: what is moved stays moved, and another run hands over what is left. */
async function pausedAt(parts: HandOver, place: Place): Promise<StepResult> {
  const { vendor, what } = parts.records;
  const { initial } = place;
  const moved = await countMoved(parts, place);
  const change = { what: `${what} reassigned`, initial, moved, remaining: initial - moved };
  const followUp = `Send the termination again: ${moved} of ${initial} ${what} were handed over in ${APP_TITLES[vendor]} within 72 hours, and the next run hands over the others.`;
  return { status: 'incomplete', changes: [change], ...asking('event', [followUp]) };
}
