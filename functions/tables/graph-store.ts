import { type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import { APPS, type App } from '../shared/apps.ts';
import { dynamoDb } from '../shared/dynamodb.ts';
import { realSleep, type Sleep } from '../shared/sleep.ts';
import { expiryOf, isExpired } from './expiry.ts';
import { identityTableFromEnvironment } from './identity-table.ts';
import { putAll, readPartition } from './partition.ts';

// In the identity table, one row for each app and employee. It expires, because each reconciliation writes it again:
//   GRAPH#<app>  <employeeId>  { …, verifiedAt, expiresAt }

/** What an employee's account in an app is connected with. A list is empty where the app has no such thing. */
export const GraphRow = z.object({
  app: z.enum(APPS),
  employeeId: z.string(),
  vendorUserId: z.string(),
  /** The names of the roles. */
  roles: z.array(z.string()),
  /** The permissions that come with the roles. */
  permissions: z.array(z.string()),
  /** The group of the account, then its parent, up to the top. */
  groups: z.array(z.object({ id: z.string(), name: z.string() })),
  /** The manager's account, then their manager's, up to the top; `employeeId` is null where nobody is known. */
  managers: z.array(z.object({ vendorUserId: z.string(), employeeId: z.nullable(z.string()) })),
  /** The controls that the employee owns. */
  controls: z.array(z.object({ id: z.string(), name: z.string() })),
  /** When the app last showed this, as an ISO instant. */
  verifiedAt: z.string(),
});
export type GraphRow = z.infer<typeof GraphRow>;

/** Who is connected with what. Every method throws the SDK's errors when the table cannot be reached. */
export type GraphStore = {
  /** Writes one row for each app and employee; it replaces an earlier one. */
  write(rows: readonly GraphRow[]): Promise<void>;
  find(app: App, employeeId: string): Promise<GraphRow | null>;
  readAll(app: App): AsyncIterable<GraphRow>;
};

const KEPT_DAYS = 30;

/** The graph in the identity table. */
export function graphStore(
  TableName: string,
  options: { client?: DynamoDBClient; sleep?: Sleep } = {},
): GraphStore {
  const { client = dynamoDb(), sleep = realSleep } = options;
  return {
    write: async (rows) => putAll({ client, sleep, TableName }, rows.map(itemOf)),
    find: async (app, employeeId) => {
      const Key = marshall(keyOf(app, employeeId));
      const { Item } = await client.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }));
      return Item === undefined || isExpired(Item) ? null : z.parse(GraphRow, unmarshall(Item));
    },
    readAll: (app) => readPartition({ client, TableName }, `GRAPH#${app}`, GraphRow),
  };
}

/** The graph of this deployment, from the environment. */
export function graphStoreFromEnvironment(): GraphStore {
  return graphStore(identityTableFromEnvironment());
}

const keyOf = (app: App, employeeId: string) => ({ pk: `GRAPH#${app}`, sk: employeeId });

function itemOf(row: GraphRow) {
  const expiresAt = expiryOf(KEPT_DAYS, Date.parse(row.verifiedAt));
  return marshall({ ...keyOf(row.app, row.employeeId), ...row, expiresAt });
}
