import { DeleteItemCommand, GetItemCommand, PutItemCommand, paginateQuery } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import { APPS, type App } from '../shared/apps.ts';
import { dynamoDb } from '../shared/dynamodb.ts';
import { parseJson } from '../shared/json.ts';
import { Position } from '../shared/position.ts';
import { readAhead } from '../shared/read-ahead.ts';
import { succeedsIf } from './conditional-write.ts';
import { isExpired, setExpiry } from './expiry.ts';
import { identityTableFromEnvironment } from './identity-table.ts';

// In the identity table, one row for each app and employee:
//   ROSTER#<app>  <employeeId>  { happenedAt, sequence?, row }  which account the employee should have there, and whether
//                               it should be open; and where the event stands that said so
// `row` is JSON, because all rows are read every night, and one attribute is read several times faster than twelve.

/** What HR wants for an employee in an app, as the last run recorded it. */
export const RosterRow = z.object({
  app: z.enum(APPS),
  employeeId: z.string(),
  email: z.string(),
  /** Null when the run neither found nor created an account, and none was recorded before. */
  vendorUserId: z.nullable(z.string()),
  /** A second id of the same account: in Drift, the one that SCIM gives it. */
  otherId: z.nullable(z.string()),
  role: z.nullable(z.string()),
  /** `shut` for a leaver. */
  login: z.enum(['open', 'shut']),
  /** A leaver's last working day, as an ISO date; null for others. */
  lastWorkingDay: z.nullable(z.string()),
  /** The address of whoever takes over a leaver's records. */
  reassignTo: z.nullable(z.string()),
  /** When the run acted, as an ISO instant. */
  at: z.string(),
  /** Where the event stands that says whether the login is to be open; as late as the run where that was not kept. */
  position: z.optional(Position),
});
export type RosterRow = z.infer<typeof RosterRow>;

/** The place of what no event has said: each event is later. */
export const BEFORE_ALL_EVENTS: Position = { sequence: null, time: new Date(0).toISOString() };

const StoredRow = z.object({
  row: z.object({
    S: z.pipe(
      z.pipe(
        z.string(),
        z.transform((text: string) => parseJson(text)),
      ),
      RosterRow,
    ),
  }),
});

// As `isOlder` in functions/shared/position.ts. Rows from before the place was kept have none.
const IS_NOT_EARLIER = 'attribute_not_exists(happenedAt) OR happenedAt <= :happenedAt';
const IS_NOT_BEFORE = `#sequence <= :sequence OR (attribute_not_exists(#sequence) AND (${IS_NOT_EARLIER}))`;

// DynamoDB would give a megabyte at once, which becomes tens of megabytes of objects.
const ROWS_AT_ONCE = 500;

/** Who should have a login in which app. Every method throws the SDK's errors when the table cannot be reached. */
export type RosterStore = {
  /** Does nothing when a later event's run has written already, whichever run acted first. */
  write(row: RosterRow): Promise<void>;
  find(app: App, employeeId: string): Promise<RosterRow | null>;
  /** Moves what is wanted for an employee in an app to another id, unless something is wanted for that already. */
  move(app: App, from: string, to: string): Promise<void>;
  /** Keeps what is wanted for an employee until a moment in epoch seconds, or for good where it is null. */
  expire(employeeId: string, at: number | null): Promise<void>;
  /** All rows of an app, page by page. */
  readAll(app: App): AsyncIterable<RosterRow[]>;
};

/** The roster in the identity table. */
export function rosterStore(TableName: string, client = dynamoDb()): RosterStore {
  const write = async (row: RosterRow): Promise<void> => {
    const { sequence, time: happenedAt } = row.position ?? { sequence: null, time: row.at };
    const place = sequence === null ? { happenedAt } : { happenedAt, sequence };
    const put = new PutItemCommand({
      TableName,
      Item: marshall({ ...keyOf(row.app, row.employeeId), ...place, row: JSON.stringify(row) }),
      ConditionExpression: sequence === null ? IS_NOT_EARLIER : IS_NOT_BEFORE,
      ...(sequence === null ? {} : { ExpressionAttributeNames: { '#sequence': 'sequence' } }),
      ExpressionAttributeValues: marshall(
        sequence === null
          ? { ':happenedAt': happenedAt }
          : { ':happenedAt': happenedAt, ':sequence': sequence },
      ),
    });
    await succeedsIf(client.send(put));
  };

  const find = async (app: App, employeeId: string): Promise<RosterRow | null> => {
    const get = new GetItemCommand({
      TableName,
      Key: marshall(keyOf(app, employeeId)),
      ConsistentRead: true,
    });
    const { Item } = await client.send(get);
    return Item === undefined || isExpired(Item) ? null : z.parse(StoredRow, Item).row.S;
  };

  return {
    write,
    find,
    move: async (app, from, to) => {
      const row = await find(app, from);
      if (row === null) return;
      // Another id has an order of its own, and perhaps another count.
      const moved = { ...row, employeeId: to, position: BEFORE_ALL_EVENTS };
      if ((await find(app, to)) === null) await write(moved);
      await client.send(new DeleteItemCommand({ TableName, Key: marshall(keyOf(app, from)) }));
    },
    expire: async (employeeId, at) => {
      await Promise.all(APPS.map((app) => setExpiry({ client, TableName }, keyOf(app, employeeId), at)));
    },
    readAll: async function* (app) {
      const pages = paginateQuery(
        { client },
        {
          TableName,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeNames: { '#row': 'row' },
          ExpressionAttributeValues: marshall({ ':pk': `ROSTER#${app}` }),
          ProjectionExpression: '#row, expiresAt',
          Limit: ROWS_AT_ONCE,
        },
      );
      for await (const { Items = [] } of readAhead(pages))
        yield Items.filter((item) => !isExpired(item)).map((item) => z.parse(StoredRow, item).row.S);
    },
  };
}

/** The roster of this deployment, from the environment. */
export function rosterStoreFromEnvironment(): RosterStore {
  return rosterStore(identityTableFromEnvironment());
}

const keyOf = (app: App, employeeId: string) => ({ pk: `ROSTER#${app}`, sk: employeeId });
