import { BatchGetItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import { dynamoDb } from '../shared/dynamodb.ts';
import { realSleep, type Sleep } from '../shared/sleep.ts';
import { expiryOf } from './expiry.ts';
import { identityTableFromEnvironment } from './identity-table.ts';
import { putAll, readPartition } from './partition.ts';
import { reportDays } from './retention.ts';

// In the identity table, one row for each person in Drata. A row expires when Drata has not listed the person for long:
//   COMPLIANCE#drata  <personnelId>  { …, since, seenAt, expiresAt }

/** What Drata has computed for a person. */
export const ComplianceRecord = z.object({
  personnelId: z.string(),
  /** The employee's id; null for a record that does not come from HR. */
  employeeId: z.nullable(z.string()),
  email: z.nullable(z.string()),
  isActive: z.boolean(),
  /** COMPLIANT, NON_COMPLIANT, or PENDING until Drata has computed it; null when Drata gives none. */
  complianceStatus: z.nullable(z.string()),
  /** Drata's own summary, such as counts; null when Drata gives none. */
  trainingStatus: z.unknown(),
});
export type ComplianceRecord = z.infer<typeof ComplianceRecord>;

export const ComplianceRow = z.extend(ComplianceRecord, {
  /** When this status was first seen, as an ISO instant. */
  since: z.string(),
  /** When it was last seen, as an ISO instant. */
  seenAt: z.string(),
});
export type ComplianceRow = z.infer<typeof ComplianceRow>;

/** Who is compliant. Every method throws the SDK's errors when the table cannot be reached. */
export type ComplianceStore = {
  /** The rows of these people, by personnel id. Who has no row is left out. */
  find(personnelIds: readonly string[]): Promise<Map<string, ComplianceRow>>;
  write(rows: readonly ComplianceRow[]): Promise<void>;
  readAll(): AsyncIterable<ComplianceRow>;
};

const PARTITION = 'COMPLIANCE#drata';
// One request takes at most so many.
const READ_BATCH = 100;
const BUSY_PAUSE_MS = 200;

/** The compliance rows in the identity table. */
export function complianceStore(
  TableName: string,
  options: { client?: DynamoDBClient; sleep?: Sleep } = {},
): ComplianceStore {
  const { client = dynamoDb(), sleep = realSleep } = options;

  const findBatch = async (personnelIds: readonly string[]): Promise<ComplianceRow[]> => {
    const rows: ComplianceRow[] = [];
    let left = personnelIds.map((sk) => marshall({ pk: PARTITION, sk }));
    while (left.length > 0) {
      const { Responses, UnprocessedKeys } = await client.send(
        new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys: left, ConsistentRead: true } } }),
      );
      for (const item of Responses?.[TableName] ?? []) rows.push(z.parse(ComplianceRow, unmarshall(item)));
      left = UnprocessedKeys?.[TableName]?.Keys ?? [];
      // https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
      if (left.length > 0) await sleep(BUSY_PAUSE_MS);
    }
    return rows;
  };

  return {
    find: async (personnelIds) => {
      const ids = [...new Set(personnelIds)];
      const found = new Map<string, ComplianceRow>();
      for (let begin = 0; begin < ids.length; begin += READ_BATCH)
        for (const row of await findBatch(ids.slice(begin, begin + READ_BATCH)))
          found.set(row.personnelId, row);
      return found;
    },
    write: async (rows) => {
      // One request may not name a key twice.
      const items = new Map(rows.map((row) => [row.personnelId, marshall(itemOf(row))]));
      await putAll({ client, sleep, TableName }, [...items.values()]);
    },
    readAll: () => readPartition({ client, TableName }, PARTITION, ComplianceRow),
  };
}

/** The compliance rows of this deployment, from the environment. */
export function complianceStoreFromEnvironment(): ComplianceStore {
  return complianceStore(identityTableFromEnvironment());
}

function itemOf(row: ComplianceRow) {
  const expiresAt = expiryOf(reportDays(), Date.parse(row.seenAt));
  return { pk: PARTITION, sk: row.personnelId, ...row, expiresAt };
}
