import { isOlder, type Position } from '../shared/position.ts';
import type { Profile } from '../tables/identity-store.ts';
import type { Order, OrderStore } from '../tables/order-store.ts';

/** What an `employee.updated` says, by field. */
export type News = Readonly<Record<string, string>>;

/** The facts of which nothing later has been said. Each counts for itself, as two changes may be about different ones. */
export function freshNews(news: News, { newsAt }: Pick<Order, 'newsAt'>, position: Position): News {
  const isFresh = ([fact]: [string, string]) => {
    const at = newsAt[fact];
    return at === undefined || !isOlder(position, at);
  };
  return Object.fromEntries(Object.entries(news).filter(isFresh));
}

/** When the facts were said that an event is news of. */
export function positionsOf(news: News, position: Position): Record<string, Position> {
  return Object.fromEntries(Object.keys(news).map((fact) => [fact, position]));
}

/** A hire's facts, without those of which a change that is later than the hire has said something else. */
export function withLaterNews<Facts extends object>(
  hire: Facts,
  { last, newsAt }: Pick<Order, 'last' | 'newsAt'>,
  profile: Profile | null,
): Facts {
  if (last === null || profile === null) return hire;
  const isLater = ([fact, value]: [string, unknown]) => {
    const at = newsAt[fact];
    return at !== undefined && isOlder(last.position, at) && value !== null;
  };
  return { ...hire, ...Object.fromEntries(Object.entries(profile).filter(isLater)) };
}

/**
 * Forgets what was to be brought into the apps: all of it once that is done, or what cannot be.
 *
 * @param facts the fields; all where none are given.
 * @throws the store's errors.
 */
export async function forgetNews(
  store: Pick<OrderStore, 'read' | 'replace'>,
  employeeId: string,
  run: string,
  facts?: readonly string[],
): Promise<void> {
  for (;;) {
    const seen = await store.read(employeeId);
    // A later change brings what is left.
    if (seen.update?.run.name !== run) return;
    const left = Object.entries(seen.news).filter(([fact]) => facts !== undefined && !facts.includes(fact));
    if (left.length === Object.keys(seen.news).length) return;
    if (await store.replace(employeeId, seen, { ...seen, news: Object.fromEntries(left) })) return;
  }
}
