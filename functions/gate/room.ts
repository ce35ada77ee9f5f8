import { APPS } from '../shared/apps.ts';
import { GateContendedError } from '../shared/errors.ts';
import { realSleep, type Sleep } from '../shared/sleep.ts';
import type { CountKind, GateStore } from '../tables/gate-store.ts';
import type { RosterStore } from '../tables/roster-store.ts';
import { admit, allowance, type Full, fullWindow } from './count.ts';
import type { Limit } from './settings.ts';

const HOUR_MS = 3_600_000;
const MOST_TRIES = 200;
const LONGEST_PAUSE_MS = 50;

export type RoomSources = {
  counts: GateStore;
  roster: Pick<RosterStore, 'readAll'>;
  /** In epoch milliseconds. */
  now: () => number;
  sleep?: Sleep;
};

export type RoomRequest = {
  kind: CountKind;
  employeeId: string;
  limit: Limit;
  /** Whether to take the room that there is, or only to look. */
  takes: boolean;
};

/**
 * Counts a person against what the gate lets through, whichever way the run was started. Returns null when there was
 * room, and else which window is full.
 *
 * @throws GateContendedError when others were faster, one after the other; the stores' errors.
 */
export async function takeRoom(
  { counts, roster, now, sleep = realSleep }: RoomSources,
  { kind, employeeId, limit, takes }: RoomRequest,
): Promise<Full | null> {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const seen = await counts.read(kind);
    // No clock is quite another's: a count that went back in time would hold more than is allowed.
    const moment = Math.max(now(), ...seen.admissions.map(({ at }) => at));
    const isFew = fullWindow(seen.admissions, employeeId, allowance(limit, 0), moment) === null;
    // Everybody who works here is counted only where that could make a difference.
    const people = isFew ? 0 : await numberOfPeople({ counts, roster, now });
    const full = fullWindow(seen.admissions, employeeId, allowance(limit, people), moment);
    if (full !== null || !takes) return full;
    if (await counts.replace(kind, seen, admit(seen.admissions, employeeId, moment))) return null;
    await sleep(Math.random() * LONGEST_PAUSE_MS);
  }
  throw new GateContendedError(employeeId);
}

/** How many people have an account that HR wants open, counted once an hour at the most. */
export async function numberOfPeople({
  counts,
  roster,
  now,
}: Pick<RoomSources, 'counts' | 'roster' | 'now'>): Promise<number> {
  const known = await counts.readPeople();
  if (known !== null && now() - known.at < HOUR_MS) return known.people;
  const people = new Set<string>();
  for (const app of APPS)
    for await (const rows of roster.readAll(app))
      for (const { employeeId, login } of rows) if (login === 'open') people.add(employeeId);
  await counts.writePeople({ people: people.size, at: now() });
  return people.size;
}
