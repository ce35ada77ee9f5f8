import { createHash } from 'node:crypto';
import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import { dynamoDb } from '../shared/dynamodb.ts';
import { Origin } from '../shared/origin.ts';
import { Position } from '../shared/position.ts';
import { Workflow } from '../shared/workflow.ts';
import { succeedsIf } from './conditional-write.ts';
import { identityTableFromEnvironment } from './identity-table.ts';

// Also in the identity table:
//   EMPLOYEE#<id>  ORDER               the last event that was accepted about an employee, and the run that acts
//   EMPLOYEE#<id>  EVENT#<event hash>  what became of an event

/** A run by its state machine and its name. */
export const RunRef = z.object({ workflow: Workflow, name: z.string() });
export type RunRef = z.infer<typeof RunRef>;

/** What became of an event. */
export const EventRow = z.object({
  eventId: z.string(),
  /** The run it started; of a superseded event the run it would have started. */
  run: RunRef,
  /** How often its run was started; the name of the second attempt ends with -2. */
  attempts: z.int(),
  /** `stopped` was stopped by a person before its moment. */
  status: z.enum(['accepted', 'superseded', 'stopped']),
  /** The run, or the employee id, that took the place of a superseded one. */
  supersededBy: z.nullable(z.string()),
  /** When it arrived, as an ISO instant. */
  arrivedAt: z.string(),
  /** What the run of the last attempt was started by; null in rows from before that was kept. */
  origin: z._default(z.nullable(Origin), null),
});
export type EventRow = z.infer<typeof EventRow>;

const AcceptedEvent = z.object({
  eventId: z.string(),
  position: Position,
  /** Stands for the content of what was asked for. */
  request: z.string(),
  run: RunRef,
  /** What it takes back; null for a hire, a termination and a change of facts. */
  rescinds: z._default(z.nullable(z.enum(['hire', 'termination'])), null),
  /** What a hire asks for, as JSON; missing for anything else. */
  hire: z.optional(z.string()),
});
export type AcceptedEvent = z.infer<typeof AcceptedEvent>;

/** A hire that had not ended when a termination took its place. */
export const InterruptedHire = z.object({
  /** The last run that was to carry it out. */
  run: RunRef,
  /** What it asks for, as JSON: Step Functions forgets what a run was started with. */
  hire: z.string(),
});
export type InterruptedHire = z.infer<typeof InterruptedHire>;

/** The order of an employee's events. */
export const Order = z.object({
  /** The last event that was accepted about whether the employee works here; its run is the current one. */
  last: z.nullable(AcceptedEvent),
  /** The last change of what is known of the employee. It takes the place of no hire and no termination that waits. */
  update: z._default(z.nullable(AcceptedEvent), null),
  /** The run that changes something in the apps now, or did when it broke off. */
  active: z.nullable(RunRef),
  /** The ids that the employee gave up, and whose accounts are not taken over yet. A run that is replaced leaves them. */
  takesOver: z._default(z.array(z.string()), []),
  /** If the termination that took its place is taken back, the person is to come after all. */
  hireToGoOn: z._default(z.nullable(InterruptedHire), null),
  /** What changes have said and the apps do not have yet, by field: the next change brings it too. */
  news: z._default(z.record(z.string(), z.string()), {}),
  /** When each fact was last changed. */
  newsAt: z._default(z.record(z.string(), Position), {}),
  /** Who this employee is now, where the id was given up. */
  movedTo: z.nullable(z.string()),
  /** Changes with every write. */
  version: z.int(),
});
export type Order = z.infer<typeof Order>;

/** The order of an employee of whom no event has come. */
export const NOTHING_YET: Order = {
  last: null,
  update: null,
  active: null,
  takesOver: [],
  hireToGoOn: null,
  news: {},
  newsAt: {},
  movedTo: null,
  version: 0,
};

/** Which of an order's two events a workflow's are. */
export function laneOf(workflow: Workflow): 'last' | 'update' {
  return workflow === 'update' ? 'update' : 'last';
}

/** One order per employee. Every method throws the SDK's errors when the table cannot be reached. */
export type OrderStore = {
  /** The order as it is now. */
  read(employeeId: string): Promise<Order>;
  /** Replaces the order that was read. False, and nothing changes, when somebody else was faster. */
  replace(employeeId: string, seen: Order, wanted: Omit<Order, 'version'>): Promise<boolean>;
  findEvent(employeeId: string, eventId: string): Promise<EventRow | null>;
  writeEvent(employeeId: string, event: EventRow): Promise<void>;
};

/** The orders in the identity table. */
export function orderStore(TableName: string, client = dynamoDb()): OrderStore {
  const get = async <T>(employeeId: string, sk: string, row: z.ZodMiniType<T>): Promise<T | null> => {
    const { Item } = await client.send(
      new GetItemCommand({ TableName, Key: marshall(keyOf(employeeId, sk)), ConsistentRead: true }),
    );
    return Item === undefined ? null : z.parse(row, unmarshall(Item));
  };

  return {
    read: async (employeeId) => (await get(employeeId, ORDER, Order)) ?? NOTHING_YET,
    replace: (employeeId, seen, wanted) =>
      succeedsIf(
        client.send(
          new PutItemCommand({
            TableName,
            Item: marshall({ ...keyOf(employeeId, ORDER), ...wanted, version: seen.version + 1 }),
            ConditionExpression: seen.version === 0 ? 'attribute_not_exists(pk)' : '#version = :version',
            ...(seen.version === 0
              ? {}
              : {
                  ExpressionAttributeNames: { '#version': 'version' },
                  ExpressionAttributeValues: marshall({ ':version': seen.version }),
                }),
          }),
        ),
      ),
    findEvent: (employeeId, eventId) => get(employeeId, eventKey(eventId), EventRow),
    writeEvent: async (employeeId, event) => {
      const Item = marshall({ ...keyOf(employeeId, eventKey(event.eventId)), ...event });
      await client.send(new PutItemCommand({ TableName, Item }));
    },
  };
}

/** The orders of this deployment, from the environment. */
export function orderStoreFromEnvironment(): OrderStore {
  return orderStore(identityTableFromEnvironment());
}

const ORDER = 'ORDER';

const keyOf = (employeeId: string, sk: string) => ({ pk: `EMPLOYEE#${employeeId}`, sk });

/** Ids of events come from outside, and may be longer than a key. */
function eventKey(eventId: string): string {
  return `EVENT#${createHash('sha256').update(eventId).digest('hex')}`;
}
