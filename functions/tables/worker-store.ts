import { DeleteItemCommand, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import { dynamoDb } from '../shared/dynamodb.ts';
import type { HrSource } from '../shared/hr-sources.ts';
import { parseJson } from '../shared/json.ts';
import { realSleep } from '../shared/sleep.ts';
import { succeedsIf } from './conditional-write.ts';
import { identityTableFromEnvironment } from './identity-table.ts';
import { putAll, readPartition } from './partition.ts';

// In the identity table:
//   WORKER#<source>     <sourceId>  { version, row }  what is known of a record, as JSON, because all are read at once
//   WORKERDUE#<source>  <sourceId>  { due }           the records to be looked at again though nothing changes
//   HRSOURCE#<source>   STATE       { state }         how far the source was read

const StoredRow = z.object({ sk: z.string(), version: z.int(), row: z.string() });
const DueRow = z.object({ sk: z.string(), due: z.string() });
const StoredState = z.object({ state: z.string() });

/** What is known of a record. */
export type WorkerRow = {
  sourceId: string;
  /** Grows with every write; 0 where nothing is known. */
  version: number;
  /** Parsed JSON. */
  row: unknown;
};

/** What is known of an HR system's records. Every method throws the SDK's errors when the table cannot be reached. */
export type WorkerStore = {
  read(source: HrSource, sourceId: string): Promise<WorkerRow | null>;
  readAll(source: HrSource): AsyncIterable<WorkerRow>;
  /** Replaces the row of the version before. False, and nothing changes, when somebody else was faster. */
  write(source: HrSource, row: WorkerRow): Promise<boolean>;
  /** Writes many rows of records that nobody else writes: those of a first read. */
  writeFirst(source: HrSource, rows: readonly WorkerRow[]): Promise<void>;
  /** Notes when a record is to be looked at again, as an ISO instant; null where it is not. */
  noteDue(source: HrSource, sourceId: string, due: string | null): Promise<void>;
  /** The records to be looked at by an ISO instant. */
  readDue(source: HrSource, by: string): Promise<string[]>;
  readState(source: HrSource): Promise<unknown>;
  writeState(source: HrSource, state: object): Promise<void>;
};

/** The rows of HR systems in the identity table. */
export function workerStore(TableName: string, client = dynamoDb()): WorkerStore {
  const table = { client, TableName, sleep: realSleep };
  return {
    read: async (source, sourceId) => {
      const Key = marshall({ pk: workersKey(source), sk: sourceId });
      const { Item } = await client.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }));
      return Item === undefined ? null : workerRow(z.parse(StoredRow, unmarshall(Item)));
    },
    readAll: async function* (source) {
      for await (const row of readPartition(table, workersKey(source), StoredRow)) yield workerRow(row);
    },
    write: (source, row) =>
      succeedsIf(
        client.send(
          new PutItemCommand({
            TableName,
            Item: marshall(itemOf(source, row)),
            ...(row.version === 1
              ? { ConditionExpression: 'attribute_not_exists(pk)' }
              : {
                  ConditionExpression: '#version = :before',
                  ExpressionAttributeNames: { '#version': 'version' },
                  ExpressionAttributeValues: marshall({ ':before': row.version - 1 }),
                }),
          }),
        ),
      ),
    writeFirst: (source, rows) =>
      putAll(
        table,
        rows.map((row) => marshall(itemOf(source, row))),
      ),
    noteDue: async (source, sourceId, due) => {
      const key = { pk: duesKey(source), sk: sourceId };
      if (due === null) await client.send(new DeleteItemCommand({ TableName, Key: marshall(key) }));
      else await client.send(new PutItemCommand({ TableName, Item: marshall({ ...key, due }) }));
    },
    readDue: async (source, by) => {
      const due: string[] = [];
      for await (const row of readPartition(table, duesKey(source), DueRow))
        if (row.due <= by) due.push(row.sk);
      return due;
    },
    readState: async (source) => {
      const Key = marshall({ pk: stateKey(source), sk: STATE });
      const { Item } = await client.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }));
      return Item === undefined ? null : parseJson(z.parse(StoredState, unmarshall(Item)).state);
    },
    writeState: async (source, state) => {
      const Item = marshall({ pk: stateKey(source), sk: STATE, state: JSON.stringify(state) });
      await client.send(new PutItemCommand({ TableName, Item }));
    },
  };
}

/** The rows of this deployment, from the environment. */
export function workerStoreFromEnvironment(): WorkerStore {
  return workerStore(identityTableFromEnvironment());
}

const STATE = 'STATE';
const workersKey = (source: HrSource) => `WORKER#${source}`;
const duesKey = (source: HrSource) => `WORKERDUE#${source}`;
const stateKey = (source: HrSource) => `HRSOURCE#${source}`;

function itemOf(source: HrSource, { sourceId, version, row }: WorkerRow) {
  return { pk: workersKey(source), sk: sourceId, version, row: JSON.stringify(row) };
}

function workerRow({ sk, version, row }: z.infer<typeof StoredRow>): WorkerRow {
  return { sourceId: sk, version, row: parseJson(row) };
}
