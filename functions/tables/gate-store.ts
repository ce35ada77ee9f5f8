import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import { dynamoDb } from '../shared/dynamodb.ts';
import { succeedsIf } from './conditional-write.ts';
import { identityTableFromEnvironment } from './identity-table.ts';

// In the identity table, because a count that vanishes would let more through:
//   GATE#<kind>  COUNT   who was let through within the last 7 days
//   GATE#<kind>  TOLD    when people were last told that it is full
//   GATE#people  NUMBER  how many people are known to work here, and when they were counted

const Count = z.object({
  admissions: z.array(z.object({ employeeId: z.string(), at: z.number() })),
  /** Changes with every write; 0 where nobody was let through yet. */
  version: z.int(),
});
export type Count = z.infer<typeof Count>;

const PeopleNumber = z.object({ people: z.int(), at: z.number() });
export type PeopleNumber = z.infer<typeof PeopleNumber>;

/** What each workflow's people count as. */
export type CountKind = 'offboarding' | 'onboarding';

/** How many have gone through the gate. Every method throws the SDK's errors when the table cannot be reached. */
export type GateStore = {
  read(kind: CountKind): Promise<Count>;
  /** Replaces the count that was read. False, and nothing changes, when somebody else was faster. */
  replace(kind: CountKind, seen: Count, admissions: Count['admissions']): Promise<boolean>;
  /** How many people are known to work here, as last counted; null where nobody has counted. */
  readPeople(): Promise<PeopleNumber | null>;
  writePeople(number: PeopleNumber): Promise<void>;
  /**
   * Whether a run is to tell that it is full: no other has told since a moment. Both in epoch milliseconds.
   */
  claimTelling(kind: CountKind, run: string, now: number, since: number): Promise<boolean>;
};

/** The counts in the identity table. */
export function gateStore(TableName: string, client = dynamoDb()): GateStore {
  const get = async <T>(pk: string, sk: string, row: z.ZodMiniType<T>): Promise<T | null> => {
    const { Item } = await client.send(
      new GetItemCommand({ TableName, Key: marshall({ pk, sk }), ConsistentRead: true }),
    );
    return Item === undefined ? null : z.parse(row, unmarshall(Item));
  };
  return {
    read: async (kind) => (await get(keyOf(kind), 'COUNT', Count)) ?? { admissions: [], version: 0 },
    replace: (kind, seen, admissions) =>
      succeedsIf(
        client.send(
          new PutItemCommand({
            TableName,
            Item: marshall({ pk: keyOf(kind), sk: 'COUNT', admissions, version: seen.version + 1 }),
            ...(seen.version === 0
              ? { ConditionExpression: 'attribute_not_exists(pk)' }
              : {
                  ConditionExpression: '#version = :version',
                  ExpressionAttributeNames: { '#version': 'version' },
                  ExpressionAttributeValues: marshall({ ':version': seen.version }),
                }),
          }),
        ),
      ),
    readPeople: () => get('GATE#people', 'NUMBER', PeopleNumber),
    writePeople: async (number) => {
      const Item = marshall({ pk: 'GATE#people', sk: 'NUMBER', ...number });
      await client.send(new PutItemCommand({ TableName, Item }));
    },
    claimTelling: (kind, run, at, since) =>
      succeedsIf(
        client.send(
          new PutItemCommand({
            TableName,
            Item: marshall({ pk: keyOf(kind), sk: 'TOLD', run, at }),
            ConditionExpression: 'attribute_not_exists(pk) OR #at < :since OR #run = :run',
            ExpressionAttributeNames: { '#at': 'at', '#run': 'run' },
            ExpressionAttributeValues: marshall({ ':since': since, ':run': run }),
          }),
        ),
      ),
  };
}

/** The counts of this deployment, from the environment. */
export function gateStoreFromEnvironment(): GateStore {
  return gateStore(identityTableFromEnvironment());
}

const keyOf = (kind: CountKind) => `GATE#${kind}`;
