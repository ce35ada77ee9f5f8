import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import * as fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type RateTable, type Reservation, rateTable } from '../../functions/rate-limit/rate-table.ts';
import { type Counter, UNUSED } from '../../functions/rate-limit/slots.ts';
import { COORDINATION_TABLE, startTables, type TablesEndpoint } from '../../local/aws/tables.ts';
import { useSockets } from '../without-sockets.ts';
import { memoryRateTable } from './memory-rate-table.ts';

useSockets();

let tables: TablesEndpoint;
let client: DynamoDBClient;
let table: RateTable;
let keys = 0;
let key: string;

beforeAll(async () => {
  tables = await startTables('test');
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  client = new DynamoDBClient({ endpoint: tables.url, region: 'local', credentials });
  table = rateTable(COORDINATION_TABLE, client);
});
beforeEach(() => {
  keys += 1;
  key = `RATE#pipedrive#${keys}`;
});
afterAll(async () => {
  client.destroy();
  await tables.close();
});

const DAY = 20_000;
const reservation = (changes: Partial<Reservation> = {}): Reservation => ({
  width: 26.5,
  latest: 1e15,
  spending: null,
  ...changes,
});
const spending = (cost: number, day = DAY) => ({ cost, day, perDay: 3 });
/** Somebody has called the surface, and the next position is this one. */
const begin = async (next = 0): Promise<Counter> => {
  await table.amend(key, UNUSED, { ...UNUSED, next, delays: [0, 0.5] }, {});
  return (await table.read(key)) ?? expect.fail('There is no counter.');
};

describe('a reservation', () => {
  it('tells what the counter was before, and moves it', async () => {
    const before = await begin();
    expect(await table.reserve(key, reservation())).toEqual(before);
    expect(await table.reserve(key, reservation({ spending: spending(2) }))).toEqual({
      ...before,
      next: 26.5,
    });
    expect(await table.read(key)).toEqual({ ...before, next: 53, used: { [DAY]: 2 } });
  });

  it.each([
    ['too far away', { latest: 26 }],
    ['beyond the day’s budget', { spending: spending(2) }],
  ])('takes nothing when it is %s', async (_, changes) => {
    await begin();
    await table.reserve(key, reservation({ spending: spending(2) }));
    const before = await table.read(key);
    expect(await table.reserve(key, reservation(changes))).toBeNull();
    expect(await table.read(key)).toEqual(before);
  });

  it('of a surface that nobody has called takes nothing', async () => {
    expect(await table.reserve(key, reservation())).toBeNull();
    expect(await table.read(key)).toBeNull();
  });

  it('is done by as many as ask at once, each with a position of its own', async () => {
    await begin();
    const found = await Promise.all(Array.from({ length: 40 }, () => table.reserve(key, reservation())));
    expect(new Set(found.map((counter) => counter?.next)).size).toBe(40);
    expect(await table.read(key)).toMatchObject({ next: 40 * 26.5 });
  });

  it('has a budget of its own every day, and forgets old ones', async () => {
    await begin();
    for (const day of [DAY, DAY, DAY + 1, DAY + 3])
      await table.reserve(key, reservation({ spending: spending(1, day) }));
    expect((await table.read(key))?.used).toEqual({ [DAY + 1]: 1, [DAY + 3]: 1 });
  });

  it('lets the item go when nobody has called for days', async () => {
    await begin();
    const { Item } = await client.send(
      new GetItemCommand({ TableName: COORDINATION_TABLE, Key: { pk: { S: key }, sk: { S: 'WINDOW' } } }),
    );
    const days = (Number(Item?.expiresAt?.N) - Date.now() / 1000) / 86_400;
    expect(days).toBeGreaterThan(2);
    expect(days).toBeLessThan(4);
  });
});

describe('an amendment', () => {
  it('keeps the reservations made in the meantime', async () => {
    const seen = await begin();
    await table.reserve(key, reservation({ spending: spending(1) }));
    const wanted = { ...seen, next: seen.next + 1000, shifted: 1000 };
    expect(await table.amend(key, seen, wanted, {})).toMatchObject({ next: 26.5, version: 1 });
    expect(await table.read(key)).toMatchObject({
      next: 1026.5,
      shifted: 1000,
      used: { [DAY]: 1 },
      version: 2,
    });
  });

  it('is made once when several want it', async () => {
    const seen = await begin();
    const made = await Promise.all(
      Array.from({ length: 8 }, () => table.amend(key, seen, { ...seen, next: seen.next + 1000 }, {})),
    );
    expect(made.filter((found) => found !== null)).toHaveLength(1);
    expect(await table.read(key)).toMatchObject({ next: 1000 });
  });

  it('is not made when the grid has gone on so far that it is not needed', async () => {
    const seen = await begin(100);
    await table.reserve(key, reservation());
    expect(await table.amend(key, seen, { ...seen, delays: [5] }, { latest: 110 })).toBeNull();
    expect(await table.read(key)).toMatchObject({ delays: [0, 0.5] });
  });

  it('makes the counter when there is none', async () => {
    expect(await table.amend(key, UNUSED, { ...UNUSED, next: 5, spacing: 100 }, { latest: 0 })).toEqual(
      UNUSED,
    );
    expect(await table.read(key)).toEqual({ ...UNUSED, next: 5, spacing: 100, version: 1 });
  });
});

describe('the end of a day’s budget', () => {
  it.each([true, false])('is for that day only, whether there is a counter (%s)', async (isThere) => {
    if (isThere) await begin();
    await table.setUsed(key, DAY, 3);
    if (!isThere) await begin();
    expect(await table.reserve(key, reservation({ spending: spending(1) }))).toBeNull();
    expect(await table.reserve(key, reservation({ spending: spending(1, DAY + 1) }))).not.toBeNull();
  });
});

describe('the table of the tests', () => {
  const time = fc.integer({ min: 0, max: 40 });
  const spent = fc.option(
    fc.record({
      cost: fc.integer({ min: 1, max: 3 }),
      day: fc.constantFrom(10, 11, 13),
      perDay: fc.integer({ min: 3, max: 9 }),
    }),
  );
  const operation = fc.oneof(
    fc.record({ width: fc.integer({ min: 1, max: 5 }), latest: time, spending: spent }),
    fc.record({
      moved: time,
      delays: fc.array(time, { maxLength: 3 }),
      latest: fc.option(time, { nil: undefined }),
      spending: spent,
      isStale: fc.boolean(),
    }),
    fc.record({ endOf: fc.constantFrom(10, 11, 13) }),
  );

  it('does what DynamoDB does', { tags: 'slow' }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 12 }), async (operations) => {
        keys += 1;
        const memory = memoryRateTable();
        let stale = UNUSED;
        for (const next of operations) {
          const seen: Counter = (await memory.read(`${keys}`)) ?? UNUSED;
          const run = async (on: RateTable) => {
            if ('endOf' in next) return on.setUsed(`${keys}`, next.endOf, 9);
            if ('width' in next) return on.reserve(`${keys}`, next);
            const from = next.isStale ? stale : seen;
            const wanted = { ...from, next: from.next + next.moved, delays: next.delays };
            return on.amend(`${keys}`, from, wanted, next);
          };
          expect(await run(table)).toEqual(await run(memory));
          expect(await table.read(`${keys}`)).toEqual(await memory.read(`${keys}`));
          stale = seen;
        }
      }),
      { numRuns: 60 },
    );
  });
});
