import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { App } from '../../functions/shared/apps.ts';
import { type StagedPages, stagedPages, type Walk } from '../../functions/tables/staged-pages.ts';
import type { ListAccounts } from '../../functions/vendor/account-list.ts';
import type { ClientOptions } from '../../functions/vendor/http.ts';
import { COORDINATION_TABLE, startTables } from '../../local/aws/tables.ts';
import { allSimulated, startVendors, type VendorServers } from '../../local/vendors/start-vendors.ts';
import { optionsFor } from '../contract-subject.ts';
import { SUBJECTS } from '../contract-subjects.ts';

/** The vendors and the table that walks over accounts need. */
export type AccountWalks = {
  vendors: VendorServers;
  database: DynamoDBClient;
  pages: StagedPages;
  /** A walk that has not begun. */
  newWalk: (app: App) => Walk;
  /** An app's list, from a server as it was at the start. */
  list: (app: App, options?: ClientOptions) => ListAccounts;
  /** The same, by way of another `fetch`. */
  listOver: (app: App, ownFetch: typeof fetch) => ListAccounts;
  /** What a walk has brought. */
  stagedOf: (walk: Walk) => Promise<Pick<StagedPage, 'accounts' | 'owned'>>;
  close: () => Promise<void>;
};

type StagedPage = ReturnType<StagedPages['readAll']> extends AsyncIterable<infer Page> ? Page : never;

/** Starts all vendors, and a coordination table. */
export async function startAccountWalks(): Promise<AccountWalks> {
  const tables = await startTables('test');
  const vendors = allSimulated(await startVendors());
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const database = new DynamoDBClient({ endpoint: tables.url, region: 'local', credentials });
  const pages = stagedPages(COORDINATION_TABLE, { client: database });
  let runs = 0;
  const optionsOf = (app: App) => {
    // The limits are the server's; a reset frees them.
    vendors[app].reset();
    return optionsFor(vendors[app]);
  };
  return {
    vendors,
    database,
    pages,
    newWalk: (app) => {
      runs += 1;
      return { app, run: `run-${runs}`, attempt: 1 };
    },
    list: (app, options = {}) => SUBJECTS[app].listAccounts({ ...optionsOf(app), ...options }),
    listOver: (app, ownFetch) => {
      const { rest, scim, ...options } = optionsOf(app);
      return SUBJECTS[app].listAccounts({
        ...options,
        rest: { ...rest, fetch: ownFetch },
        scim: { ...scim, fetch: ownFetch },
      });
    },
    stagedOf: async (walk) => {
      const staged: Pick<StagedPage, 'accounts' | 'owned'> = { accounts: [], owned: [] };
      for await (const { accounts, owned } of pages.readAll(walk)) {
        staged.accounts.push(...accounts);
        staged.owned.push(...owned);
      }
      return staged;
    },
    close: async () => {
      database.destroy();
      await Promise.all([tables, ...Object.values(vendors)].map((server) => server.close()));
    },
  };
}

/** A server that says the same as the app's, and leaves these fields out. */
export const without =
  (...names: string[]): typeof fetch =>
  async (url, init) => {
    const response = await fetch(url, init);
    const leaveOut = (name: string, value: unknown) => (names.includes(name) ? undefined : value);
    const body = JSON.parse(await response.text(), leaveOut);
    return Response.json(body, { status: response.status });
  };
