import * as z from 'zod/mini';
import { InvalidInputError } from '../shared/errors.ts';
import type { Erased, ErasureStore } from '../tables/erasure-store.ts';
import type { IdentityStore } from '../tables/identity-store.ts';
import type { Order, OrderStore } from '../tables/order-store.ts';

/** The variable with the number of days after which somebody who has left may be erased; 90 where it is empty. */
export const ERASE_AFTER_VARIABLE = 'ERASE_AFTER_DAYS';

const DAY_MS = 86_400_000;
const Days = z._default(z.coerce.number().check(z.int(), z.minimum(0)), 90);

export type EraseSources = {
  order: Pick<OrderStore, 'read' | 'replace'>;
  store: Pick<IdentityStore, 'readAccounts' | 'readProfile' | 'readRuns'>;
  erasures: ErasureStore;
  /** The current time in epoch milliseconds. */
  now?: () => number;
};

/**
 * Forgets somebody who has left: profile, addresses, accounts, reports and what is wanted and shown in the apps. A stub
 * with ids and dates stays, and so does the order of events, so that a stale event still finds that they left. A repeat
 * finishes what a failure has left, and changes nothing else.
 *
 * @throws InvalidInputError `unknown` for somebody who is not known, `conflict` for somebody who works here, has an open
 *   account, left too recently, or of whom an event arrives meanwhile; the stores' errors.
 */
export async function erase(sources: EraseSources, employeeId: string): Promise<Erased> {
  const { order, store, erasures, now = Date.now } = sources;
  const [current, runs, accounts, profile, before] = await Promise.all([
    order.read(employeeId),
    store.readRuns(employeeId),
    store.readAccounts(employeeId),
    store.readProfile(employeeId),
    erasures.find(employeeId),
  ]);
  if (current.last === null)
    throw new InvalidInputError(
      `Nobody is known by the employee id ${JSON.stringify(employeeId)}.`,
      'unknown',
    );
  if (current.last.run.workflow !== 'offboarding')
    throw refusal(employeeId, 'works here as far as HR has told. Send the termination first.');
  const run = runs.findLast(({ execution }) => execution === current.last?.run.name);
  // Of somebody who is erased, the runs are gone.
  const leftAt = run === undefined ? before?.leftAt : (run.dueAt ?? run.startedAt);
  const isOpen = run !== undefined && run.report?.status !== 'complete';
  if (leftAt === undefined || isOpen || accounts.some(({ status }) => status !== 'deactivated'))
    throw refusal(employeeId, 'has logins that are not known to be shut. Finish the offboarding first.');
  const days = eraseAfterDays();
  if (now() - Date.parse(leftAt) <= days * DAY_MS)
    throw refusal(employeeId, `left on ${leftAt.slice(0, 10)}, not more than ${days} days ago.`);

  const stub = { employeeId, leftAt, erasedAt: before?.erasedAt ?? new Date(now()).toISOString() };
  if (run === undefined && before !== null && profile === null) return before;
  if (!(await order.replace(employeeId, current, withoutNews(current))))
    throw refusal(employeeId, 'has an event that arrived just now. Ask again.');
  await erasures.erase(stub, [...new Set([profile?.email, ...(profile?.addresses ?? [])])].filter(isText));
  return stub;
}

/** After how many days somebody who has left may be erased. @throws Error when the variable is no number of days */
function eraseAfterDays(environment: NodeJS.ProcessEnv = process.env): number {
  const days = z.safeParse(Days, environment[ERASE_AFTER_VARIABLE] || undefined);
  if (days.success) return days.data;
  throw new Error(`${ERASE_AFTER_VARIABLE}: must be a number of days`);
}

/** What the changes of facts have said is personal. */
function withoutNews({ version: _, ...order }: Order): Omit<Order, 'version'> {
  return { ...order, news: {}, newsAt: {}, hireToGoOn: null };
}

function refusal(employeeId: string, why: string): InvalidInputError {
  return new InvalidInputError(`Employee ${employeeId} is not erased: ${employeeId} ${why}`, 'conflict');
}

function isText(text: string | undefined): text is string {
  return text !== undefined && text !== '';
}
