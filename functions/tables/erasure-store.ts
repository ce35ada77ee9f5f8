import {
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  ScanCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import { dynamoDb } from '../shared/dynamodb.ts';
import { succeedsIf } from './conditional-write.ts';
import { identityTableFromEnvironment } from './identity-table.ts';

// In the identity table:
//   EMPLOYEE#<id>  ERASED   { leftAt, erasedAt }       that somebody was here, and nothing else
//   EMPLOYEE#<id>  ERASING  { person, stage, after }   who is being forgotten, and how far that has come; until it is done

/** What is left of a person who was erased: ids and dates. */
export const Erased = z.object({
  employeeId: z.string(),
  /** When the run began that shut the logins, as an ISO instant. */
  leftAt: z.string(),
  erasedAt: z.string(),
});
export type Erased = z.infer<typeof Erased>;

/** An erasure that is not through. */
export const Unfinished = z.object({
  person: z.object({
    employeeIds: z.array(z.string()),
    addresses: z.array(z.string()),
    names: z.array(z.string()),
    runs: z.array(z.string()),
  }),
  stage: z.enum(['rows', 'files']),
  /** What was done last; null at the beginning of a stage. */
  after: z.nullable(z.string()),
});
export type Unfinished = z.infer<typeof Unfinished>;

const Row = z.looseObject({ pk: z.string(), sk: z.string() });
type Row = z.infer<typeof Row>;

/** Says of a row whether it stays, goes, or has other values from now on. */
type Judge = (row: Row) => 'stays' | 'goes' | { becomes: Record<string, unknown> };

/** Forgets people. Every method throws the SDK's errors when the table cannot be reached. */
export type ErasureStore = {
  find(employeeId: string): Promise<Erased | null>;
  findUnfinished(employeeId: string): Promise<Unfinished | null>;
  /** Records the stub, and who is being forgotten. */
  begin(stub: Erased, unfinished: Unfinished): Promise<void>;
  /** Records how far it has come. */
  note(employeeId: string, unfinished: Unfinished): Promise<void>;
  finish(employeeId: string): Promise<void>;
  /**
   * Asks of every row of the table what becomes of it.
   *
   * @param after where the last sweep ended; null to begin.
   * @returns where to go on, when it is over; null at the end of the table.
   */
  sweep(judge: Judge, after: string | null, isOver: () => boolean): Promise<string | null>;
};

const MOST_TRIES = 5;

/** The erasures in the identity table. */
export function erasureStore(TableName: string, client = dynamoDb()): ErasureStore {
  const get = async <T>(sk: string, employeeId: string, form: z.ZodMiniType<T>): Promise<T | null> => {
    const Key = marshall(keyOf(employeeId, sk));
    const { Item } = await client.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }));
    return Item === undefined ? null : z.parse(form, unmarshall(Item));
  };
  const put = (employeeId: string, sk: string, value: object) =>
    client.send(new PutItemCommand({ TableName, Item: marshall({ ...keyOf(employeeId, sk), ...value }) }));
  const remove = (key: { pk: string; sk: string }) =>
    client.send(new DeleteItemCommand({ TableName, Key: marshall(key) }));

  const readAgain = async ({ pk, sk }: Row): Promise<Row | null> => {
    const get = new GetItemCommand({ TableName, Key: marshall({ pk, sk }), ConsistentRead: true });
    const { Item } = await client.send(get);
    return Item === undefined ? null : z.parse(Row, unmarshall(Item));
  };

  const settle = async (judge: Judge, row: Row): Promise<void> => {
    const { pk, sk } = row;
    let seen: Row | null = row;
    for (let tries = 0; seen !== null && tries < MOST_TRIES; tries += 1) {
      const fate = judge(seen);
      if (fate === 'stays') return;
      if (fate === 'goes') {
        await remove({ pk, sk });
        // When the record of an HR system is to be looked at again.
        if (pk.startsWith('WORKER#')) await remove({ pk: pk.replace('WORKER#', 'WORKERDUE#'), sk });
        return;
      }
      if (await replaceValues(seen, fate.becomes)) return;
      seen = await readAgain(row);
    }
    if (seen !== null) throw new Error(`The row ${pk} ${sk} is written by others all the time. Erase again.`);
  };

  /** False when somebody else has changed the row meanwhile. */
  const replaceValues = async (seen: Row, becomes: Record<string, unknown>): Promise<boolean> => {
    const values = { ...becomes, ...nextVersion(seen) };
    const guards = guardsOf(seen, Object.keys(becomes));
    const sets = Object.keys(values).map((_, at) => `#set${at} = :set${at}`);
    const conditions = guards.map((_, at) => `#guard${at} = :guard${at}`);
    const names = [
      ...Object.keys(values).map((name, at) => [`#set${at}`, name]),
      ...guards.map((name, at) => [`#guard${at}`, name]),
    ];
    const placed = [
      ...Object.values(values).map((value, at) => [`:set${at}`, value]),
      ...guards.map((name, at) => [`:guard${at}`, seen[name]]),
    ];
    const update = new UpdateItemCommand({
      TableName,
      Key: marshall({ pk: seen.pk, sk: seen.sk }),
      UpdateExpression: `SET ${sets.join(', ')}`,
      ConditionExpression: ['attribute_exists(pk)', ...conditions].join(' AND '),
      ExpressionAttributeNames: Object.fromEntries(names),
      ExpressionAttributeValues: marshall(Object.fromEntries(placed)),
    });
    return succeedsIf(client.send(update));
  };

  return {
    find: (employeeId) => get('ERASED', employeeId, Erased),
    findUnfinished: (employeeId) => get('ERASING', employeeId, Unfinished),
    begin: async (stub, unfinished) => {
      // First, because it says that the rest may go.
      await put(stub.employeeId, 'ERASED', stub);
      await put(stub.employeeId, 'ERASING', unfinished);
    },
    note: async (employeeId, unfinished) => void (await put(employeeId, 'ERASING', unfinished)),
    finish: async (employeeId) => void (await remove(keyOf(employeeId, 'ERASING'))),
    sweep: async (judge, after, isOver) => {
      let from = after === null ? undefined : marshall(z.parse(Row, JSON.parse(after)));
      do {
        const scan = new ScanCommand({ TableName, ConsistentRead: true, ExclusiveStartKey: from });
        const { Items = [], LastEvaluatedKey } = await client.send(scan);
        for (const item of Items) await settle(judge, z.parse(Row, unmarshall(item)));
        from = LastEvaluatedKey;
      } while (from !== undefined && !isOver());
      return from === undefined ? null : JSON.stringify(unmarshall(from));
    },
  };
}

/** The erasures of this deployment, from the environment. */
export function erasureStoreFromEnvironment(): ErasureStore {
  return erasureStore(identityTableFromEnvironment());
}

const keyOf = (employeeId: string, sk: string) => ({ pk: `EMPLOYEE#${employeeId}`, sk });

/** The attributes by which a row is known to be as it was seen: its version, or else the texts and numbers that change. */
function guardsOf(seen: Row, changed: readonly string[]): string[] {
  if (typeof seen.version === 'number') return ['version'];
  return changed.filter((name) => ['string', 'number'].includes(typeof seen[name]));
}

/** Whoever has read the row before must not write it back. A record of an HR system has its version within it too. */
function nextVersion({ pk, version }: Row): { version?: number } {
  return typeof version === 'number' && !pk.startsWith('WORKER#') ? { version: version + 1 } : {};
}
