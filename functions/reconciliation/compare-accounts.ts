import type { App } from '../shared/apps.ts';
import { hashOfEmail } from '../shared/email.ts';
import type { Finding, FindingStore, StoredFinding } from '../tables/finding-store.ts';
import type { FollowUp, FollowUpStore } from '../tables/follow-up-store.ts';
import type { RosterRow, RosterStore } from '../tables/roster-store.ts';
import type { StagedPage, StagedPages, Walk } from '../tables/staged-pages.ts';
import { type AccountIndex, accountIndex, type IndexedAccount } from './account-index.ts';
import { discrepancies, type Match, type Rules } from './discrepancies.ts';
import { isSeenDone, openFollowUps } from './seen-follow-ups.ts';
import type { HeadCount } from './summary.ts';

export type Comparison =
  /** The accounts shifted during the walk; `attempt` is the number of the next one. */
  | { status: 'shifted'; attempt: number; accounts: null; findings: null; headCount: null }
  | {
      status: 'compared';
      attempt: number;
      accounts: number;
      findings: Record<Finding['kind'], number>;
      headCount: HeadCount;
    };

/** The accounts shifted during every walk. */
class CollectionUnstableError extends Error {
  override readonly name = 'CollectionUnstableError';

  constructor(app: App, collection: string) {
    super(
      `${app}: the ${collection} changed during each of ${MOST_ATTEMPTS} walks, so it is not known who is missing. Reconcile again at a quieter time.`,
    );
  }
}

const MOST_ATTEMPTS = 3;
const FINDINGS_AT_ONCE = 100;

/**
 * Compares the accounts that a walk has staged with the roster, and stores the differences. Follow-ups that the accounts
 * show to be done are closed. Employees on whom a run
 * acted after `startedAt` are left to the next reconciliation: their accounts may be newer than the pages.
 *
 * @throws CollectionUnstableError after the last attempt; the SDK's errors.
 */
export async function compareAccounts(parts: {
  walk: Walk;
  /** When the reconciliation began, as an ISO instant. */
  startedAt: string;
  rules: Rules;
  pages: StagedPages;
  roster: RosterStore;
  findings: FindingStore;
  followUps: Pick<FollowUpStore, 'newest' | 'finish'>;
}): Promise<Comparison> {
  const { walk, pages } = parts;
  const index = accountIndex();
  const shifted = await addPages(index, pages.readAll(walk));
  if (shifted !== null) {
    if (walk.attempt >= MOST_ATTEMPTS) throw new CollectionUnstableError(walk.app, shifted);
    return { status: 'shifted', attempt: walk.attempt + 1, accounts: null, findings: null, headCount: null };
  }

  const out = findingsOut(parts.findings, walk);
  const left = await addRosterFindings(parts, index, out);
  const heads = await addPageFindings(parts, index, left, out);
  const counts = await out.end();
  const { app, run } = walk;
  await parts.findings.conclude({ app, run, startedAt: parts.startedAt, counts });
  return {
    status: 'compared',
    attempt: walk.attempt,
    accounts: index.size,
    findings: counts,
    headCount: { ...heads, expected: left.expected },
  };
}

type Parts = Parameters<typeof compareAccounts>[0];
type FindingsOut = ReturnType<typeof findingsOut>;

/** What is left after the roster, for the pages to complete. */
type Left = {
  /** By slot, what was found about the employee of the account there, and waits for its id or the whole roster. */
  bySlot: Map<number, FoundInSlot[]>;
  /** The employees of leavers' accounts, by the account's id. */
  leavers: Map<string, string>;
  /** How many employees should have an open account. */
  expected: number;
};

type FoundInSlot = {
  row: RosterRow;
  match: Match;
  found: ReturnType<typeof discrepancies>;
};

async function addRosterFindings(
  { roster, walk, startedAt, rules, followUps }: Parts,
  index: AccountIndex,
  out: FindingsOut,
): Promise<Left> {
  const left: Left = { bySlot: new Map(), leavers: new Map(), expected: 0 };
  const todos = await openFollowUps(followUps, walk.app, rules.now);
  for await (const rows of roster.readAll(walk.app)) {
    for (const row of rows) {
      const { employeeId, vendorUserId } = row;
      const match = matchOf(index, row);
      for (const { slot } of match.all) index.claim(slot, row.login);
      if (row.login === 'open') left.expected += 1;
      if (row.at >= startedAt) continue;
      for (const todo of todos.get(employeeId) ?? [])
        if (isSeenDone(todo, row, match)) await followUps.finish(todo, seenBy(walk.run, rules.now));
      if (row.login === 'shut' && vendorUserId !== null) left.leavers.set(vendorUserId, employeeId);
      const found = discrepancies(row, match, rules);
      const slot = found.length === 0 ? undefined : slotToWaitFor(row, match);
      if (slot !== undefined)
        left.bySlot.set(slot, [...(left.bySlot.get(slot) ?? []), { row, match, found }]);
      else for (const finding of found) await out.add({ ...finding, employeeId, vendorUserId });
    }
  }
  return left;
}

function seenBy(run: string, now: number): NonNullable<FollowUp['done']> {
  return { by: run, at: new Date(now).toISOString(), note: 'The reconciliation has seen it done.' };
}

async function addPageFindings(
  { pages, walk }: Parts,
  index: AccountIndex,
  { bySlot, leavers }: Left,
  out: FindingsOut,
): Promise<Omit<HeadCount, 'expected'>> {
  const heads = { active: 0, deactivated: 0, invited: 0 };
  const owned = new Map<string, Map<string, number>>();
  let slot = 0;
  for await (const { accounts, owned: counts } of pages.readAll(walk)) {
    for (const { id, reference = null, isOpen, emailHash, invitedAt } of accounts) {
      const same = emailHash === null ? [] : index.findByEmail(emailHash);
      // Each person counts once: an app may list them as a user, as an agent under SCIM, and as an invitation.
      if (same.length === 0) heads[headOf([{ hasId: id !== null, isOpen, invitedAt }])] += 1;
      else if (same[0]?.slot === slot) heads[headOf(same)] += 1;
      for (const found of bySlot.get(slot) ?? [])
        for (const finding of findingsInSlot(index, found, { id, reference })) await out.add(finding);
      // A deactivated account without an owner is harmless.
      if (isOpen && isOrphan(index, slot, same)) await out.add(orphan(id ?? reference, emailHash));
      slot += 1;
    }
    for (const records of counts) if (leavers.has(records.ownerId)) addCount(owned, records);
  }
  for (const [vendorUserId, counts] of owned) {
    const account = index.findById(vendorUserId);
    if (account !== null && index.isWanted(account.slot)) continue;
    const employeeId = leavers.get(vendorUserId) ?? null;
    await out.add({ kind: 'records_of_leaver', vendorUserId, employeeId, detail: describeOwned(counts) });
  }
  return heads;
}

/** Whether an open account is nobody's; of those that an app's lists have for one person, the first with an id. */
function isOrphan(index: AccountIndex, slot: number, same: readonly IndexedAccount[]): boolean {
  if (index.isClaimed(slot)) return false;
  const open = same.filter((account) => account.isOpen && !index.isClaimed(account.slot));
  const shown = open.findLast(({ hasId }) => hasId) ?? open.at(-1);
  return shown === undefined || shown.slot === slot;
}

type Listed = { hasId: boolean; isOpen: boolean; invitedAt: unknown };

/** How one person counts, by all accounts with their address. */
function headOf(accounts: readonly Listed[]): keyof Omit<HeadCount, 'expected'> {
  const open = accounts.filter(({ isOpen }) => isOpen);
  if (open.length === 0) return 'deactivated';
  return open.some(({ hasId, invitedAt }) => hasId && invitedAt === undefined) ? 'active' : 'invited';
}

/** The slot of the account that a row's findings wait for; undefined when they need not wait. */
function slotToWaitFor({ login, vendorUserId }: RosterRow, { all }: Match): number | undefined {
  if (login === 'open' && vendorUserId !== null) return undefined;
  const open = all.filter(({ isOpen }) => isOpen);
  return (open.find(({ hasId }) => hasId) ?? open[0])?.slot;
}

function findingsInSlot(
  index: AccountIndex,
  { row, match, found }: FoundInSlot,
  { id, reference }: { id: string | null; reference: string | null },
): Omit<Finding, 'app'>[] {
  // An employee has the leaver's account by now, or is the leaver under a new employee id.
  if (row.login === 'shut' && match.all.some(({ slot }) => index.isWanted(slot))) return [];
  const { employeeId, vendorUserId: recorded } = row;
  // For a leaver, the open account counts, which may be another one than the recorded one.
  const ids = row.login === 'shut' ? [id, recorded, reference] : [recorded, id, reference];
  const vendorUserId = ids.find((candidate) => candidate !== null) ?? null;
  return found.map((finding) => ({ ...finding, employeeId, vendorUserId }));
}

/** The name of a collection that shifted during the walk; null when none did. */
async function addPages(index: AccountIndex, pages: AsyncIterable<StagedPage>): Promise<string | null> {
  const arrived = new Map<string, number>();
  const totals = new Map<string, number>();
  for await (const { collection, accounts, total } of pages) {
    if (total !== null && (totals.get(collection) ?? total) !== total) return collection;
    if (total !== null) totals.set(collection, total);
    // An account that arrives twice shows that another one may have been missed.
    for (const account of accounts) if (!index.add(account)) return collection;
    arrived.set(collection, (arrived.get(collection) ?? 0) + accounts.length);
  }
  for (const [collection, total] of totals) if (arrived.get(collection) !== total) return collection;
  return null;
}

function matchOf(index: AccountIndex, { vendorUserId, otherId, email }: RosterRow): Match {
  const recorded = vendorUserId === null ? null : index.findById(vendorUserId);
  const other = otherId === null ? null : index.findById(otherId);
  const emailHash = hashOfEmail(email);
  const all = new Map<number, IndexedAccount>();
  for (const account of [recorded, other, ...index.findByEmail(emailHash)])
    if (account !== null) all.set(account.slot, account);
  return { emailHash, recorded: recorded ?? other, all: [...all.values()] };
}

function orphan(vendorUserId: string | null, emailHash: string | null) {
  const detail = 'The account is open, and nobody is known to own it.';
  const facts = { kind: 'orphan_account' as const, vendorUserId, employeeId: null, detail };
  return emailHash === null ? facts : { ...facts, emailHash };
}

function addCount(
  owned: Map<string, Map<string, number>>,
  { ownerId, what, count }: StagedPage['owned'][number],
): void {
  const counts = owned.get(ownerId) ?? new Map<string, number>();
  counts.set(what, (counts.get(what) ?? 0) + count);
  owned.set(ownerId, counts);
}

function describeOwned(counts: Map<string, number>): string {
  const parts = [...counts].map(([what, count]) => `${what} (${count})`);
  return `The employee has left, and still owns ${parts.join(', ')}.`;
}

function findingsOut(store: FindingStore, { app, run }: Walk) {
  const counts = noFindings();
  let waiting: StoredFinding[] = [];
  const flush = async () => {
    await store.write(run, waiting);
    waiting = [];
  };
  return {
    add: async (finding: Omit<StoredFinding, 'app'>) => {
      counts[finding.kind] += 1;
      waiting.push({ app, ...finding });
      if (waiting.length >= FINDINGS_AT_ONCE) await flush();
    },
    end: async () => {
      await flush();
      return counts;
    },
  };
}

function noFindings(): Record<Finding['kind'], number> {
  return {
    leaver_can_log_in: 0,
    orphan_account: 0,
    missing_account: 0,
    vanished_account: 0,
    changed_email: 0,
    pending_invitation: 0,
    different_role: 0,
    records_of_leaver: 0,
  };
}
