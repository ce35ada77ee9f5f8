import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Lease, leases } from '../../functions/credentials/lease.ts';
import { COORDINATION_TABLE, startTables, type TablesEndpoint } from '../../local/aws/tables.ts';
import { useSockets } from '../without-sockets.ts';

// One test is about what the SDK asks again.
useSockets();

const NOON = Date.UTC(2026, 0, 5, 12);

let tables: TablesEndpoint;
let client: DynamoDBClient;
let time: number;
let name: string;
let count = 0;

const all = () => leases(COORDINATION_TABLE, { client, now: () => time });
const taken = (lease: Lease | null): Lease => {
  if (lease === null) throw new Error('The lease is somebody else’s.');
  return lease;
};

beforeAll(async () => {
  tables = await startTables('test');
  client = new DynamoDBClient({
    endpoint: tables.url,
    region: 'local',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
});
beforeEach(() => {
  time = NOON;
  count += 1;
  name = `tenure/pipedrive/rest ${count}`;
});
afterAll(async () => {
  client.destroy();
  await tables.close();
});

describe('a lease', () => {
  it('is held by one of many who want it at the same time', async () => {
    const results = await Promise.all(Array.from({ length: 20 }, () => all().acquire(name, 30_000)));
    expect(results.filter((lease) => lease !== null)).toHaveLength(1);
  });

  it('does not touch one with another name', async () => {
    expect(await all().acquire(name, 30_000)).not.toBeNull();
    expect(await all().acquire(`${name}#1`, 30_000)).not.toBeNull();
  });

  it('can be had again once it is given back', async () => {
    await taken(await all().acquire(name, 30_000)).release();
    expect(await all().acquire(name, 30_000)).not.toBeNull();
  });

  it('can be had again once it has run out, and not a millisecond before', async () => {
    const lease = taken(await all().acquire(name, 30_000));
    expect(lease.until).toBe(NOON + 30_000);
    time = NOON + 29_999;
    expect(await all().acquire(name, 30_000)).toBeNull();
    time = NOON + 30_000;
    expect(await all().acquire(name, 30_000)).not.toBeNull();
  });

  it('that has run out is not given back in the name of the next holder', async () => {
    const lease = taken(await all().acquire(name, 30_000));
    time = NOON + 30_000;
    await all().acquire(name, 30_000);
    await lease.release();
    expect(await all().acquire(name, 30_000)).toBeNull();
  });

  it('can be given back twice', async () => {
    const lease = taken(await all().acquire(name, 30_000));
    await lease.release();
    await lease.release();
    expect(await all().acquire(name, 30_000)).not.toBeNull();
  });

  it('stands in the table with its end in milliseconds, and in seconds for the TTL', async () => {
    time = NOON + 1;
    await all().acquire(name, 30_000);
    const { Item = {} } = await client.send(
      new GetItemCommand({
        TableName: COORDINATION_TABLE,
        Key: marshall({ pk: `LEASE#${name}`, sk: 'LEASE' }),
      }),
    );
    expect(unmarshall(Item)).toEqual({
      pk: `LEASE#${name}`,
      sk: 'LEASE',
      owner: expect.stringMatching(/^[0-9a-f-]{36}$/),
      leaseUntil: NOON + 30_001,
      expiresAt: NOON / 1000 + 31,
    });
  });

  it('is ours when the first answer to our own request was lost', async () => {
    let isFirst = true;
    const losing = new DynamoDBClient({
      endpoint: tables.url,
      region: 'local',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });
    losing.middlewareStack.add(
      (next) => async (request) => {
        const answer = await next(request);
        if (!isFirst) return answer;
        isFirst = false;
        throw Object.assign(new Error('lost'), { name: 'TimeoutError' });
      },
      { step: 'deserialize', priority: 'high' },
    );
    expect(
      await leases(COORDINATION_TABLE, { client: losing, now: () => time }).acquire(name, 30_000),
    ).not.toBeNull();
    expect(isFirst).toBe(false);
    losing.destroy();
  });
});
