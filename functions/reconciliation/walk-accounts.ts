import * as z from 'zod/mini';
import { APPS, type App } from '../shared/apps.ts';
import { LimiterUnavailableError, VendorRateLimitedError, VendorUnavailableError } from '../shared/errors.ts';
import type { AccountPage, Cursor } from '../shared/listed-account.ts';
import { type StagedPages, stagedPagesFromEnvironment, type Walk } from '../tables/staged-pages.ts';
import type { ListAccounts } from '../vendor/account-list.ts';
import { beginningOf, endlessPaging, isRepeated } from '../vendor/paging.ts';

/** The input of a step that lists accounts. */
export const WalkInput = z.object({
  app: z.enum(APPS),
  run: z.string(),
  walk: z.object({ attempt: z.int() }),
});

export type WalkResult = {
  /** `more` when the step has to be called again to go on. */
  status: 'more' | 'walked';
  attempt: number;
};

/** After how many milliseconds and pages an invocation ends, and how many rows a whole walk may write. */
type Bounds = { ms: number; pages: number; rows: number };

// Well below a Lambda's time limit, because the current page and the waits for a limit come on top. No app has so many
// rows.
const BOUNDS: Bounds = { ms: 600_000, pages: 20_000, rows: 200_000 };
// A row for each short page would cost more than the page. After a crash, pages that are not written are read again.
const ENTRIES_AT_ONCE = 500;
const HELD_MS = 1_000;
// After fewer pages an error is thrown, so that the state machine waits and counts its retries.
const PAGES_OF_PROGRESS = 10;

/** Runs a step that lists accounts: walks the app's list as the step's input says. */
export function walkStep(client: { listAccounts: ListAccounts }, input: z.infer<typeof WalkInput>) {
  const { app, run, walk } = input;
  return walkAccounts({
    list: client.listAccounts,
    pages: stagedPagesFromEnvironment(),
    walk: { app, run, attempt: walk.attempt },
  });
}

/**
 * Stages an app's accounts page by page, from where the walk stopped. Only the pages that are being written and read
 * are in memory, and a crash loses the pages of the last second. When the app fails for a moment after many pages, the
 * invocation ends without an error: a long walk would otherwise use up the retries of the state machine.
 *
 * @throws VendorResponseError when the pages never end; what `list` throws, after the pages read so far are staged.
 */
export async function walkAccounts(parts: {
  list: ListAccounts;
  pages: StagedPages;
  walk: Walk;
  bounds?: Bounds;
  now?: () => number;
}): Promise<WalkResult> {
  const { list, pages, walk, bounds = BOUNDS, now = Date.now } = parts;
  const startedAt = now();
  const resume = await pages.findResume(walk);
  let number = resume?.page ?? 0;
  let cursor = resume?.cursor ?? null;
  if (resume !== null && cursor === null) return { status: 'walked', attempt: walk.attempt };

  let held = nothingHeld();
  let before: AccountPage['accounts'] = [];
  let writing: Promise<void> = Promise.resolve();
  const write = async () => {
    // In order, because the newest row says where to go on.
    await writing;
    if (held === null) return;
    writing = pages.write(walk, number, held.cursor, held.page);
    // A failure is thrown when the write is awaited; until then it must not end the process.
    writing.catch(() => {});
    number += 1;
    held = null;
  };
  let read = 0;
  try {
    for (; read < bounds.pages && now() - startedAt < bounds.ms; read += 1) {
      if (number >= bounds.rows) throw endlessPaging(listOf(walk.app), number);
      const asked = cursor;
      const page = await list(asked);
      if (isRepeated(before, page.accounts)) throw endlessPaging(listOf(walk.app), read + 1);
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

/** Pages that are not written yet, joined to one, and the cursor of the first of them. */
type Held = { cursor: Cursor | null; page: AccountPage; since: number };

const listOf = (vendor: App) => ({ vendor, operation: 'listAccounts', method: 'GET', path: '/' });

const nothingHeld = (): Held | null => null;

function entriesOf({ accounts, owned }: AccountPage): number {
  return accounts.length + owned.length;
}

/** Whether the error may be gone after a while. */
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
