import { text as readText } from 'node:stream/consumers';
import * as z from 'zod/mini';
import type { FileStore } from '../files/file-store.ts';
import { FILE_FOLDERS } from '../files/folders.ts';
import { journalFolder } from '../files/journal-folder.ts';
import { InvalidInputError } from '../shared/errors.ts';
import type { Erased, ErasureStore, Unfinished } from '../tables/erasure-store.ts';
import type { IdentityStore, Profile, RunRow } from '../tables/identity-store.ts';
import type { Order, OrderStore } from '../tables/order-store.ts';
import { cleanFile } from './clean-file.ts';
import { type Person, type Traces, tracesOf } from './person.ts';
import { fateOf } from './row-fate.ts';

/** The variable with the number of days after which somebody who has left may be erased; 90 where it is empty. */
export const ERASE_AFTER_VARIABLE = 'ERASE_AFTER_DAYS';

const DAY_MS = 86_400_000;
// A run waits for its moment at most so long, so that nothing of an older event is still to come.
const LONGEST_WAIT_DAYS = 365;
const Days = z._default(z.coerce.number().check(z.int(), z.minimum(0)), 90);

export type EraseSources = {
  order: Pick<OrderStore, 'read' | 'replace'>;
  store: Pick<IdentityStore, 'readAccounts' | 'readProfile' | 'readRuns'>;
  erasures: ErasureStore;
  /** The places with files; a laptop keeps hand-overs apart. */
  files: readonly FileStore[];
  /** The current time in epoch milliseconds. */
  now?: () => number;
  /** Whether to stop, and go on with the next call. */
  isOver?: () => boolean;
};

/** What is left of a person, and whether all else is gone. */
export type Erasure = { erased: Erased; isComplete: boolean };

/**
 * Forgets somebody who has left: profile, addresses, accounts, reports, what HR systems told, what is wanted and shown
 * in the apps, and what files say; others' rows and files name them no more. A stub with ids and dates stays, and so
 * does the order of events, so that a stale event still finds that they left. A repeat finishes what a failure or `isOver` has
 * left, and changes nothing else.
 *
 * @throws InvalidInputError `unknown` for somebody who is not known, `conflict` for somebody who works here, has an open
 *   account or run, left too recently, or of whom an event arrives meanwhile; the stores' errors.
 */
export async function erase(sources: EraseSources, employeeId: string): Promise<Erasure> {
  const { order, erasures, now = Date.now } = sources;
  const [current, before, unfinished] = await Promise.all([
    order.read(employeeId),
    erasures.find(employeeId),
    erasures.findUnfinished(employeeId),
  ]);
  const leftAt = await whenLeft(sources, { employeeId, order: current, before });
  if (before !== null && unfinished === null && !(await isKnownAgain(sources, employeeId)))
    return { erased: before, isComplete: true };
  const begun = unfinished ?? { person: await personOf(sources, employeeId), stage: 'rows', after: null };
  const erased = { employeeId, leftAt, erasedAt: before?.erasedAt ?? new Date(now()).toISOString() };
  await erasures.begin(erased, begun);
  await forgetNews(order, employeeId, current);
  const isComplete = await goOn(sources, employeeId, begun);
  if (isComplete) await erasures.finish(employeeId);
  return { erased, isComplete };
}

/** When the person left. @throws InvalidInputError as `erase` */
async function whenLeft(
  { store, now = Date.now }: EraseSources,
  { employeeId, order: { last }, before }: { employeeId: string; order: Order; before: Erased | null },
): Promise<string> {
  if (last === null)
    throw new InvalidInputError(
      `Nobody is known by the employee id ${JSON.stringify(employeeId)}.`,
      'unknown',
    );
  if (last.run.workflow !== 'offboarding')
    throw refusal(employeeId, 'works here as far as HR has told. Send the termination first.');
  const [runs, accounts] = await Promise.all([store.readRuns(employeeId), store.readAccounts(employeeId)]);
  const days = eraseAfterDays();
  const isRecent = (instant: string) => now() - Date.parse(instant) <= days * DAY_MS;
  const run = runs.findLast(({ execution }) => execution === last.run.name);
  // Of somebody who is erased, or left before runs are kept, the runs are gone.
  const isLongAgo = now() - Date.parse(last.position.time) > LONGEST_WAIT_DAYS * DAY_MS;
  const leftAt =
    run === undefined ? (before?.leftAt ?? (isLongAgo ? last.position.time : undefined)) : momentOf(run);
  const isShut = run === undefined || run.report?.status === 'complete';
  if (leftAt === undefined || !isShut || accounts.some(({ status }) => status !== 'deactivated'))
    throw refusal(employeeId, 'has logins that are not known to be shut. Finish the offboarding first.');
  if (isRecent(leftAt))
    throw refusal(employeeId, `left on ${leftAt.slice(0, 10)}, not more than ${days} days ago.`);
  const open = runs.find((one) => isOpen(one) && isRecent(momentOf(one)));
  if (open !== undefined)
    throw refusal(
      employeeId,
      `has the run ${open.execution}, which waits, is held or was cut off. Finish or stop it first.`,
    );
  return leftAt;
}

const momentOf = ({ dueAt, startedAt }: RunRow) => dueAt ?? startedAt;

const isOpen = ({ report }: RunRow) => report === null || report.status === 'held';

/** Whether something was recorded of somebody after they were erased. */
async function isKnownAgain({ store }: EraseSources, employeeId: string): Promise<boolean> {
  const [profile, runs] = await Promise.all([store.readProfile(employeeId), store.readRuns(employeeId)]);
  return profile !== null || runs.length > 0;
}

async function personOf({ store }: EraseSources, employeeId: string): Promise<Person> {
  const profile = await store.readProfile(employeeId);
  const employeeIds = [employeeId, ...(profile?.previousEmployeeIds ?? [])];
  const runs = (await Promise.all(employeeIds.map((id) => store.readRuns(id)))).flat();
  const accounts = await store.readAccounts(employeeId);
  const addresses = [
    profile?.email,
    ...(profile?.addresses ?? []),
    ...accounts.flatMap(({ email, shown }) => [email, shown?.email]),
    ...runs.map(({ report }) => report?.email),
  ];
  return {
    employeeIds,
    addresses: distinct(addresses),
    names: distinct([...namesOf(profile), ...accounts.map(({ shown }) => shown?.name)]).filter(isWholeName),
    runs: runs.map(({ execution }) => execution),
  };
}

function namesOf(profile: Profile | null): string[] {
  if (profile === null) return [];
  const { firstName, lastName } = profile;
  return [`${firstName} ${lastName}`, `${lastName}, ${firstName}`];
}

/** A first or a last name alone may be anybody's, or a word. */
const isWholeName = (name: string) => /\S\s+\S/.test(name.trim());

function distinct(texts: readonly (string | null | undefined)[]): string[] {
  return [...new Set(texts)].flatMap((text) => text || []);
}

/** What the changes of facts have said is personal. @throws InvalidInputError when an event has arrived meanwhile */
async function forgetNews(order: EraseSources['order'], employeeId: string, seen: Order): Promise<void> {
  const { version: _, ...rest } = seen;
  if (!(await order.replace(employeeId, seen, { ...rest, news: {}, newsAt: {}, hireToGoOn: null })))
    throw refusal(employeeId, 'has an event that arrived just now. Ask again.');
}

/** Goes through rows and files from where the last call ended. Says whether it is through. */
async function goOn(sources: EraseSources, employeeId: string, begun: Unfinished): Promise<boolean> {
  const { erasures, files, now = Date.now, isOver = () => false } = sources;
  const { person } = begun;
  const traces = tracesOf(person);
  if (begun.stage === 'rows') {
    const remains = await erasures.sweep((row) => fateOf(row, traces, now()), begun.after, isOver);
    await erasures.note(
      employeeId,
      remains === null ? { person, stage: 'files', after: null } : { person, stage: 'rows', after: remains },
    );
    if (remains !== null) return false;
  }
  const after = begun.stage === 'files' ? begun.after : null;
  for await (const { store, name, place } of filesOf(files, after)) {
    await forgetIn(store, name, { person, traces });
    if (isOver()) {
      await erasures.note(employeeId, { person, stage: 'files', after: place });
      return false;
    }
  }
  return true;
}

/** The files in a fixed order, those after a place only. */
async function* filesOf(stores: readonly FileStore[], after: string | null) {
  for (const [at, store] of stores.entries())
    for (const folder of FILE_FOLDERS)
      for await (const name of store.list(folder)) {
        const place = `${at} ${name}`;
        if (after === null || place > after) yield { store, name, place };
      }
}

async function forgetIn(
  store: FileStore,
  name: string,
  { person, traces }: { person: Person; traces: Traces },
): Promise<void> {
  if (person.runs.some((run) => name.startsWith(`${journalFolder(run)}/`))) return store.remove(name);
  const text = await readText(await store.read(name));
  if (!mayMention(text, person)) return;
  const cleaned = cleanFile(name, text, traces);
  if (cleaned === null) await store.remove(name);
  else if (cleaned !== text) await store.write(name, [cleaned]);
}

/** Most files say nothing of the person, and need not be taken apart. */
function mayMention(text: string, { employeeIds, addresses, names }: Person): boolean {
  const lower = text.normalize('NFC').toLowerCase();
  return [...employeeIds, ...addresses, ...names].some((one) => {
    const wanted = one.normalize('NFC').toLowerCase();
    return lower.includes(wanted) || lower.includes(JSON.stringify(wanted).slice(1, -1));
  });
}

/** After how many days somebody who has left may be erased. @throws Error when the variable is no number of days */
function eraseAfterDays(environment: NodeJS.ProcessEnv = process.env): number {
  const days = z.safeParse(Days, environment[ERASE_AFTER_VARIABLE] || undefined);
  if (days.success) return days.data;
  throw new Error(`${ERASE_AFTER_VARIABLE}: must be a number of days`);
}

function refusal(employeeId: string, why: string): InvalidInputError {
  return new InvalidInputError(`Employee ${employeeId} is not erased: ${employeeId} ${why}`, 'conflict');
}
