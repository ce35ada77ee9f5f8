import { type DynamoDBClient, PutItemCommand, paginateQuery, QueryCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import type { App } from '../shared/apps.ts';
import { dynamoDb } from '../shared/dynamodb.ts';
import { hashOfEmail, normalizeEmail } from '../shared/email.ts';
import { parseJson } from '../shared/json.ts';
import { type AccountPage, Cursor, ListedAccount, OwnedRecords } from '../shared/listed-account.ts';
import { readAhead } from '../shared/read-ahead.ts';
import { coordinationTableFromEnvironment } from './coordination-table.ts';
import { expiryOf } from './expiry.ts';

// In the coordination table, one row for each page, or several for a long one:
//   RECONCILIATION#<app>#<run>#<attempt>  PAGE#<page>#<part>  { accounts, owned, next, …, expiresAt }

/** A walk over an app's accounts. A walk that begins again is another attempt. */
export type Walk = { app: App; run: string; attempt: number };

/** An account as it is staged: with a hash in the place of its address, which nobody needs to read there. */
const StagedAccount = z.extend(z.omit(ListedAccount, { email: true }), { emailHash: z.nullable(z.string()) });
export type StagedAccount = z.infer<typeof StagedAccount>;

const json = <T>(schema: z.ZodMiniType<T>) =>
  z.pipe(
    z.pipe(
      z.string(),
      z.transform((text: string) => parseJson(text)),
    ),
    schema,
  );

const StagedPage = z.object({
  collection: z.string(),
  total: z.nullable(z.int()),
  accounts: json(z.array(StagedAccount)),
  owned: json(z.array(OwnedRecords)),
});
export type StagedPage = z.infer<typeof StagedPage>;

/** Where to go on after a row: the number and the cursor of the next page. The cursor is null at the end. */
const Resume = z.object({ page: z.int(), cursor: z.nullable(Cursor) });
export type Resume = z.infer<typeof Resume>;

/** The pages that a walk has read. Every method throws the SDK's errors when the table cannot be reached. */
export type StagedPages = {
  /** Writing the same page again replaces it. */
  write(walk: Walk, number: number, cursor: Cursor | null, page: AccountPage): Promise<void>;
  /** Null before the first page. */
  findResume(walk: Walk): Promise<Resume | null>;
  readAll(walk: Walk): AsyncIterable<StagedPage>;
};

const KEPT_DAYS = 7;
// A row holds 400 kB. An account takes about 100 bytes, and more with a long id and role.
const ACCOUNTS_A_ROW = 1_000;
// More would be many objects in memory.
const ROWS_AT_ONCE = 10;

/** Staged pages in the coordination table. */
export function stagedPages(
  TableName: string,
  options: { client?: DynamoDBClient; now?: () => number } = {},
): StagedPages {
  const { client = dynamoDb(), now = Date.now } = options;
  const rowsOf = (walk: Walk) => ({
    TableName,
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: marshall({ ':pk': keyOf(walk) }),
    ConsistentRead: true,
  });

  return {
    write: async (walk, number, cursor, page) => {
      const expiresAt = expiryOf(KEPT_DAYS, now());
      const accounts = page.accounts.map(staged);
      const parts = Math.max(1, Math.ceil(accounts.length / ACCOUNTS_A_ROW));
      for (let part = 0; part < parts; part += 1) {
        const isLast = part === parts - 1;
        const row = {
          pk: keyOf(walk),
          sk: `PAGE#${padded(number)}#${padded(part)}`,
          collection: page.collection,
          total: page.total,
          accounts: JSON.stringify(accounts.slice(part * ACCOUNTS_A_ROW, (part + 1) * ACCOUNTS_A_ROW)),
          owned: JSON.stringify(isLast ? page.owned : []),
          // When a part of a page is missing, the page is read again.
          resume: isLast ? { page: number + 1, cursor: page.next } : { page: number, cursor },
          expiresAt,
        };
        await client.send(new PutItemCommand({ TableName, Item: marshall(row) }));
      }
    },
    findResume: async (walk) => {
      const newest = { ...rowsOf(walk), ScanIndexForward: false, Limit: 1 };
      const { Items: [row] = [] } = await client.send(new QueryCommand(newest));
      return row === undefined ? null : z.parse(z.object({ resume: Resume }), unmarshall(row)).resume;
    },
    readAll: async function* (walk) {
      const some = { ...rowsOf(walk), Limit: ROWS_AT_ONCE };
      for await (const { Items = [] } of readAhead(paginateQuery({ client }, some)))
        for (const item of Items) yield z.parse(StagedPage, unmarshall(item));
    },
  };
}

/** The staged pages of this deployment, from the environment. */
export function stagedPagesFromEnvironment(): StagedPages {
  return stagedPages(coordinationTableFromEnvironment());
}

const keyOf = ({ app, run, attempt }: Walk) => `RECONCILIATION#${app}#${run}#${attempt}`;

// With leading zeros, the order of the texts is the order of the numbers.
const padded = (number: number) => String(number).padStart(7, '0');

function staged({ email, ...account }: ListedAccount): StagedAccount {
  return {
    ...account,
    emailHash: email === null || normalizeEmail(email) === '' ? null : hashOfEmail(email),
  };
}
