import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { GraphPlace, GraphStores } from '../../functions/reconciliation/graph.ts';
import type { App } from '../../functions/shared/apps.ts';
import type { ListedAccount } from '../../functions/shared/listed-account.ts';
import { type GraphRow, graphStore } from '../../functions/tables/graph-store.ts';
import { rosterStore } from '../../functions/tables/roster-store.ts';
import { stagedPages } from '../../functions/tables/staged-pages.ts';
import { COORDINATION_TABLE, IDENTITY_TABLE, startTables } from '../../local/aws/tables.ts';

export const NOW = Date.UTC(2026, 10, 21, 2);
/** Where reading an app's part of the graph begins. */
export const FIRST: GraphPlace = { status: 'more', after: null, people: 0 };

/** What a step that reads the graph is given, and ways to fill it. */
export type GraphWorld = {
  stores: GraphStores;
  database: DynamoDBClient;
  /** How long the step has waited, in milliseconds. */
  /** Puts an employee on the roster. */
  employ: (app: App, employeeId: string, vendorUserId: string | null, hasLeft?: boolean) => Promise<void>;
  /** Stages accounts as a walk does. */
  stage: (app: App, accounts: (Partial<ListedAccount> & { id: string | null })[]) => Promise<void>;
  rowsOf: (app: App) => Promise<GraphRow[]>;
  close: () => Promise<void>;
};

/** Starts the tables, which are empty. */
export async function startGraphWorld(): Promise<GraphWorld> {
  const tables = await startTables('test');
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const database = new DynamoDBClient({ endpoint: tables.url, region: 'local', credentials });
  const stores: GraphStores = {
    roster: rosterStore(IDENTITY_TABLE, database),
    pages: stagedPages(COORDINATION_TABLE, { client: database }),
    graph: graphStore(IDENTITY_TABLE, { client: database }),
    now: () => NOW,
  };
  return {
    stores,
    database,
    employ: (app, employeeId, vendorUserId, hasLeft = false) =>
      stores.roster.write({
        app,
        employeeId,
        email: `${employeeId}@northlight.example`,
        vendorUserId,
        otherId: null,
        role: null,
        login: hasLeft ? 'shut' : 'open',
        lastWorkingDay: null,
        reassignTo: null,
        at: '2026-01-01T00:00:00.000Z',
      }),
    stage: async (app, accounts) => {
      const listed = accounts.map((account) => ({ email: null, isOpen: true, ...account }));
      const page = { collection: 'users', accounts: listed, owned: [], total: null, next: null };
      await stores.pages.write({ app, run: 'run-1', attempt: 1 }, 0, null, page);
    },
    rowsOf: async (app) => {
      const rows = [];
      for await (const row of stores.graph.readAll(app)) rows.push(row);
      return rows;
    },
    close: async () => {
      database.destroy();
      await tables.close();
    },
  };
}

/** The input of a step that reads the graph. */
export const graphInput = (app: App) => ({ app, run: 'run-1', walk: { attempt: 1 }, graph: FIRST });
