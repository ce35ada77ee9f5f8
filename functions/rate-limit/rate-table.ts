import { DynamoDBClient, GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import { oncePerPlace } from '../shared/once-per-place.ts';
import { nullUnless } from '../tables/conditional-write.ts';
import { type Counter, UNUSED } from './slots.ts';

/** What a call takes of its day's budget. */
export type Spending = {
  cost: number;
  /** The day, in days since 1970. */
  day: number;
  perDay: number;
};

/** What a worker asks for. */
export type Reservation = {
  /** How far `next` moves, in milliseconds. */
  width: number;
  /** The highest stored `next` with which the call still gets a slot in time. */
  latest: number;
  /** Null when there is no budget, or the budget includes the call already. */
  spending: Spending | null;
};

/** The conditions of an amendment besides the counter's version. */
export type Only = { latest?: number | undefined; spending?: Spending | null };

/** The counters of all surfaces. Every method throws the SDK's errors when the table cannot be reached. */
export type RateTable = {
  /** Null for a surface that nobody has called yet. */
  read(key: string): Promise<Counter | null>;
  /**
   * Takes positions, and returns the counter as it was before. Returns null and takes nothing when nobody has called
   * the surface yet, the next position is too far away, or the day's budget has no room.
   */
  reserve(key: string, reservation: Reservation): Promise<Counter | null>;
  /**
   * Turns the counter that was read into another one, keeps the reservations made in the meantime, and returns the
   * counter as it was before. Returns null and changes nothing when another worker amended the counter, reservations
   * went beyond `latest`, or the budget has no room.
   */
  amend(key: string, seen: Counter, wanted: Counter, only: Only): Promise<Counter | null>;
  /** Notes until when the day's budget is taken for used up, or is by what was counted, in epoch milliseconds. */
  endDay(key: string, until: number, by: 'dayOverUntil' | 'askAgainAt'): Promise<void>;
  /** Replaces what was counted of a day's budget by what the vendor says. */
  setUsed(key: string, day: number, used: number): Promise<void>;
};

const Time = z._default(z.number(), 0);
const Row = z.object({
  next: Time,
  start: Time,
  delays: z._default(z.array(z.number()), []),
  shifted: Time,
  holdUntil: Time,
  spacing: Time,
  spacedAt: Time,
  dayOverUntil: Time,
  askAgainAt: Time,
  version: Time,
});
const AMENDED = ['start', 'delays', 'shifted', 'holdUntil', 'spacing', 'spacedAt'] as const;

// Longer than any window, and longer than a day, for the budget.
const KEPT_FOR_SECONDS = 3 * 24 * 60 * 60;
const DAYS_KEPT = 3;

// By the time of a slow answer the slot would have passed, so a new attempt is better.
const TIMEOUTS = { connectionTimeout: 1_000, requestTimeout: 2_000 };
const impatientClient = oncePerPlace(
  () => new DynamoDBClient({ requestHandler: TIMEOUTS, cacheMiddleware: true }),
);

/** The counters in the coordination table, one item for each surface. */
export function rateTable(tableName: string, client = impatientClient()): RateTable {
  const place = (key: string) => ({ TableName: tableName, Key: marshall({ pk: key, sk: 'WINDOW' }) });

  const write = async (key: string, { set, remove, conditions, values }: Update): Promise<Counter | null> => {
    const names = [...set, ...remove, ...conditions].flatMap((text) => text.match(/#\w+/g) ?? []);
    const removal = remove.length === 0 ? '' : ` REMOVE ${remove.join(', ')}`;
    const answer = await nullUnless(
      client.send(
        new UpdateItemCommand({
          ...place(key),
          UpdateExpression: `SET ${[...set, '#expiresAt = :expiresAt'].join(', ')}${removal}`,
          ...(conditions.length === 0 ? {} : { ConditionExpression: conditions.join(' AND ') }),
          ExpressionAttributeNames: Object.fromEntries(
            [...names, '#expiresAt'].map((name) => [name, name.slice(1)]),
          ),
          ExpressionAttributeValues: marshall({
            ...values,
            ':expiresAt': Math.ceil(Date.now() / 1000) + KEPT_FOR_SECONDS,
          }),
          ReturnValues: 'ALL_OLD',
        }),
      ),
    );
    return answer === null ? null : toCounter(unmarshall(answer.Attributes ?? {}));
  };

  return {
    read: async (key) => {
      const { Item } = await client.send(new GetItemCommand({ ...place(key), ConsistentRead: true }));
      return Item === undefined ? null : toCounter(unmarshall(Item));
    },

    reserve: (key, { width, latest, spending }) => {
      const spent = spend(spending);
      return write(key, {
        set: ['#next = #next + :width', ...spent.set],
        remove: spent.remove,
        conditions: ['#next <= :latest', ...spent.conditions],
        values: { ':width': width, ':latest': latest, ...spent.values },
      });
    },

    amend: (key, seen, wanted, { latest, spending = null }) => {
      const changed = AMENDED.filter((field) => wanted[field] !== seen[field]);
      const spent = spend(spending);
      const isNew = seen.version === 0;
      return write(key, {
        set: [
          // A difference, because other workers reserve in the meantime.
          '#next = if_not_exists(#next, :zero) + :moved',
          '#version = if_not_exists(#version, :zero) + :one',
          ...changed.map((field) => `#${field} = :${field}`),
          ...spent.set,
        ],
        remove: spent.remove,
        conditions: [
          isNew ? 'attribute_not_exists(#version)' : '#version = :version',
          ...(isNew || latest === undefined ? [] : ['#next <= :latest']),
          ...spent.conditions,
        ],
        values: {
          ':zero': 0,
          ':one': 1,
          ':moved': wanted.next - seen.next,
          ...(isNew ? {} : { ':version': seen.version }),
          ...(isNew || latest === undefined ? {} : { ':latest': latest }),
          ...Object.fromEntries(changed.map((field) => [`:${field}`, wanted[field]])),
          ...spent.values,
        },
      });
    },

    endDay: async (key, until, by) => {
      const values = { ':until': until };
      await write(key, { set: [`#${by} = :until`], remove: [], conditions: [], values });
    },

    setUsed: async (key, day, used) => {
      await write(key, {
        set: [`#used${day} = :used`],
        remove: [],
        conditions: [],
        values: { ':used': used },
      });
    },
  };
}

type Update = {
  set: string[];
  remove: string[];
  conditions: string[];
  values: Record<string, number | readonly number[]>;
};

function spend(spending: Spending | null): Update {
  if (spending === null) return { set: [], remove: [], conditions: [], values: {} };
  const { cost, day, perDay } = spending;
  const used = `#used${day}`;
  return {
    set: [`${used} = if_not_exists(${used}, :none) + :cost`],
    remove: [`#used${day - DAYS_KEPT}`],
    conditions: [`(attribute_not_exists(${used}) OR ${used} <= :room)`],
    values: { ':none': 0, ':cost': cost, ':room': perDay - cost },
  };
}

function toCounter(item: Record<string, unknown>): Counter {
  const used = Object.entries(item).flatMap(([name, value]) => {
    const day = /^used(\d+)$/.exec(name)?.[1];
    return day === undefined ? [] : [[day, z.parse(z.number(), value)]];
  });
  return { ...UNUSED, ...z.parse(Row, item), used: Object.fromEntries(used) };
}
