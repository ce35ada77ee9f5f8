import * as z from 'zod/mini';
import type { App } from '../shared/apps.ts';
import { type GraphRow, type GraphStore, graphStoreFromEnvironment } from '../tables/graph-store.ts';
import { type RosterStore, rosterStoreFromEnvironment } from '../tables/roster-store.ts';
import {
  type StagedAccount,
  type StagedPages,
  stagedPagesFromEnvironment,
  type Walk,
} from '../tables/staged-pages.ts';
import { WalkInput } from './walk-accounts.ts';

/** The input of a step that reads an app's part of the identity graph. */
export const GraphInput = z.extend(WalkInput, {
  graph: z.object({
    status: z.enum(['more', 'read']),
    /** The employee who was read last; null before the first. */
    after: z.nullable(z.string()),
    people: z.int(),
  }),
});
/** How much of an app's part of the graph is read. */
export type GraphPlace = z.infer<typeof GraphInput>['graph'];

/** Where the graph is read from and written to, besides the app itself. */
export type GraphStores = {
  roster: RosterStore;
  pages: StagedPages;
  graph: GraphStore;
  now: () => number;
};

export const graphStoresFromEnvironment = (): GraphStores => ({
  roster: rosterStoreFromEnvironment(),
  pages: stagedPagesFromEnvironment(),
  graph: graphStoreFromEnvironment(),
  now: Date.now,
});

const ROWS_AT_ONCE = 100;

/** What an account is connected with. A list that is left out is empty. */
export type Connections = Partial<
  Pick<GraphRow, 'roles' | 'permissions' | 'groups' | 'managers' | 'controls'>
>;

/** The employees whose account in an app is open, by the account's id. */
export async function employeesByAccount(roster: RosterStore, app: App): Promise<Map<string, string>> {
  const employees = new Map<string, string>();
  for await (const rows of roster.readAll(app))
    for (const { login, vendorUserId, employeeId } of rows)
      if (login === 'open' && vendorUserId !== null) employees.set(vendorUserId, employeeId);
  return employees;
}

/** The accounts of a walk that have an id. */
export async function* stagedAccounts(
  pages: StagedPages,
  walk: Walk,
): AsyncIterable<StagedAccount & { id: string }> {
  for await (const { accounts } of pages.readAll(walk))
    for (const account of accounts) {
      const { id } = account;
      if (id !== null) yield { ...account, id };
    }
}

/** Collects rows and writes some at a time; `end` writes the rest. */
export function graphOut({ graph, now }: Pick<GraphStores, 'graph' | 'now'>, app: App) {
  let waiting: GraphRow[] = [];
  let people = 0;
  const flush = async () => {
    await graph.write(waiting);
    waiting = [];
  };
  return {
    add: async (employeeId: string, vendorUserId: string, connections: Connections): Promise<void> => {
      const verifiedAt = new Date(now()).toISOString();
      waiting.push({ ...NOTHING, ...connections, app, employeeId, vendorUserId, verifiedAt });
      people += 1;
      if (waiting.length >= ROWS_AT_ONCE) await flush();
    },
    end: async (): Promise<GraphPlace> => {
      await flush();
      return { status: 'read', after: null, people };
    },
  };
}

const NOTHING = { roles: [], permissions: [], groups: [], managers: [], controls: [] };

/**
 * The way up a tree, beginning with the parent of `from`. It ends at the top, at an unknown id, and where the data goes
 * round in a circle.
 */
export function wayUp(from: string, parentOf: (id: string) => string | null | undefined): string[] {
  const way = new Set<string>();
  for (let id = parentOf(from); id !== null && id !== undefined; id = parentOf(id)) {
    if (id === from || way.has(id)) break;
    way.add(id);
  }
  return [...way];
}
