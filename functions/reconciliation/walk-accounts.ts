import * as z from 'zod/mini';
import { APPS } from '../shared/apps.ts';
import { LimiterUnavailableError, VendorRateLimitedError, VendorUnavailableError } from '../shared/errors.ts';
import type { AccountPage, Cursor } from '../shared/listed-account.ts';
import { realSleep, type Sleep } from '../shared/sleep.ts';
import { type StagedPages, stagedPagesFromEnvironment, type Walk } from '../tables/staged-pages.ts';
import type { ListAccounts } from '../vendor/account-list.ts';
import { beginningOf, EndlessPagingError, isRepeated } from '../vendor/paging.ts';
import { patiently } from '../vendor/patiently.ts';

/** What a step that lists accounts is given. */
export const WalkInput = z.object({
  app: z.enum(APPS),
  run: z.string(),
  walk: z.object({ attempt: z.int() }),
});

export type WalkResult = {
  /** `more` when it has to be called again to go on. */
  status: 'more' | 'walked';
  attempt: number;
};

/** When an invocation ends, and after how many rows the whole walk does. */
type Bounds = { ms: number; pages: number; rows: number };

// Well below what a Lambda has: the page under way and the waits for a limit come on top.
// More rows than any app can have.
const BOUNDS: Bounds = { ms: 600_000, pages: 20_000, rows: 200_000 };
// A row for every short page would cost more than the pages; what is held back is what a crash has to ask for again.
const ENTRIES_AT_ONCE = 500;
const HELD_MS = 1_000;
// After fewer pages an error is thrown, which the state machine waits for and counts.
const PAGES_OF_PROGRESS = 10;

/** A step's whole work: the walk of its input over the list of its app. */
export function walkStep(client: { listAccounts: ListAccounts }, input: z.infer<typeof WalkInput>) {
  const { app, run, walk } = input;
  return walkAccounts({
    list: client.listAccounts,
    pages: stagedPagesFromEnvironment(),
    walk: { app, run, attempt: walk.attempt },
  });
}

/**
 * Stages an app's accounts page by page, from where the walk was left. No more is in memory than what is being written
 * and what is asked for meanwhile. A crash costs the pages of the last second. An app that fails for a moment after many
 * pages only ends the invocation: a long walk would otherwise use up its retries, few as the failures are.
 *
 * @throws EndlessPagingError; what `list` throws, after what was read is staged.
 */
export async function walkAccounts(parts: {
  list: ListAccounts;
  pages: StagedPages;
  walk: Walk;
  bounds?: Bounds;
  now?: () => number;
  sleep?: Sleep;
}): Promise<WalkResult> {
  const { list, pages, walk, bounds = BOUNDS, now = Date.now, sleep = realSleep } = parts;
  const startedAt = now();
  const resume = await pages.findResume(walk);
  let number = resume?.page ?? 0;
  let cursor = resume?.cursor ?? null;
  if (resume !== null && cursor === null) return { status: 'walked', attempt: walk.attempt };

  let held = nothingHeld();
  let before: AccountPage['accounts'] = [];
  let writing: Promise<void> = Promise.resolve();
  const write = async () => {
    // In order, so that the newest row always tells where to go on.
    await writing;
    if (held === null) return;
    writing = pages.write(walk, number, held.cursor, held.page);
    // It is awaited before the next one; until then its failure must not end the process.
    writing.catch(() => {});
    number += 1;
    held = null;
  };
  let read = 0;
  try {
    for (; read < bounds.pages && now() - startedAt < bounds.ms; read += 1) {
      if (number >= bounds.rows) throw new EndlessPagingError(number);
      const asked = cursor;
      const page = await patiently(() => list(asked), sleep);
      if (isRepeated(before, page.accounts)) throw new EndlessPagingError(read + 1);
      before = beginningOf(page.accounts);
      if (held !== null && !belongTogether(held.page, page)) await write();
      held = held === null ? { cursor, page, since: now() } : { ...held, page: joined(held.page, page) };
      if (entriesOf(held.page) >= ENTRIES_AT_ONCE || now() - held.since >= HELD_MS) await write();
      cursor = page.next;
      if (cursor === null) break;
    }
  } catch (error) {
    if (read < PAGES_OF_PROGRESS || !passes(error)) throw error;
  } finally {
    await write();
    await writing;
  }
  return { status: cursor === null ? 'walked' : 'more', attempt: walk.attempt };
}

/** Pages that are not written yet, as one, and where the first of them began. */
type Held = { cursor: Cursor | null; page: AccountPage; since: number };

const nothingHeld = (): Held | null => null;

function entriesOf({ accounts, owned }: AccountPage): number {
  return accounts.length + owned.length;
}

/** Whether asking again later may help. */
function passes(error: unknown): boolean {
  return (
    error instanceof VendorUnavailableError ||
    error instanceof VendorRateLimitedError ||
    error instanceof LimiterUnavailableError
  );
}

function belongTogether(before: AccountPage, after: AccountPage): boolean {
  return before.collection === after.collection && before.total === after.total;
}

function joined(before: AccountPage, after: AccountPage): AccountPage {
  return {
    ...after,
    accounts: [...before.accounts, ...after.accounts],
    owned: [...before.owned, ...after.owned],
  };
}
