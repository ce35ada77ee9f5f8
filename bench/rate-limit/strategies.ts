import { type DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import Bottleneck from 'bottleneck';
import * as z from 'zod/mini';
import { type Limiter, sharedLimiter } from '../../functions/rate-limit/limiter.ts';
import { rateTable } from '../../functions/rate-limit/rate-table.ts';
import type { VendorRateLimitedError } from '../../functions/shared/errors.ts';
import type { Sleep } from '../../functions/shared/sleep.ts';
import type { Work } from './messages.ts';

/** How a fleet shares a limit: what a call waits for, and what an execution does after a refusal. */
export type Player = {
  limiter: Limiter;
  /** How long until the next attempt, in milliseconds; `attempt` counts from 1. */
  pauseMs: (attempt: number, refusal: VendorRateLimitedError) => number;
};

type Surroundings = { client: DynamoDBClient; now: () => number; sleep: Sleep };

const UNLIMITED: Limiter = { admit: async () => {}, learn: async () => {} };

/** The player of a strategy, one per worker process. */
export function playerOf(work: Work, surroundings: Surroundings): Player {
  const { scenario, strategy } = work;
  // As the state machines' Retry has it, before and since there is a limiter.
  const retried = fullJitter(2_000 * scenario.scale, 60_000 * scenario.scale);
  const retriedLate = fullJitter(10_000 * scenario.scale, 60_000 * scenario.scale);
  switch (strategy) {
    case 'tenure':
      return { limiter: tenure(work, surroundings), pauseMs: retriedLate };
    case 'full-jitter':
      return { limiter: UNLIMITED, pauseMs: retried };
    case 'reset-header':
      return {
        limiter: UNLIMITED,
        pauseMs: (_, { retryAfterMs }) => retryAfterMs ?? scenario.windowMs,
      };
    case 'fixed-window':
      return { limiter: fixedWindow(work, surroundings), pauseMs: retried };
    case 'bottleneck':
      return { limiter: bottleneck(work), pauseMs: retried };
  }
}

function tenure({ scenario, key, tableName }: Work, { client, now, sleep }: Surroundings): Limiter {
  const { capacity, windowMs, perDay } = scenario;
  const limit = { capacity, windowMs, ...(perDay === undefined ? {} : { perDay }) };
  const table = rateTable(tableName, client);
  return sharedLimiter({ key, limit, table, now, sleep });
}

const Count = z.object({ Attributes: z.object({ used: z.object({ N: z.string() }) }) });

/** The usual counter: one item a window, and whoever comes too late waits for the next. */
function fixedWindow({ scenario, key, tableName }: Work, { client, now, sleep }: Surroundings): Limiter {
  const { capacity, windowMs } = scenario;
  const count = async (window: number): Promise<number> => {
    const answer = await client.send(
      new UpdateItemCommand({
        TableName: tableName,
        Key: { pk: { S: key }, sk: { S: String(window) } },
        UpdateExpression: 'ADD #used :one',
        ExpressionAttributeNames: { '#used': 'used' },
        ExpressionAttributeValues: { ':one': { N: '1' } },
        ReturnValues: 'UPDATED_NEW',
      }),
    );
    return Number(z.parse(Count, answer).Attributes.used.N);
  };
  return {
    learn: async () => {},
    admit: async () => {
      const giveUpAt = now() + scenario.mostMs;
      while (now() < giveUpAt) {
        const window = Math.floor(now() / windowMs);
        if ((await count(window)) <= capacity) return;
        await sleep(Math.max(0, (window + 1) * windowMs - now()));
      }
    },
  };
}

function bottleneck({ scenario, workers }: Work): Limiter {
  const share = Math.floor(scenario.capacity / workers);
  const limiter = new Bottleneck({
    reservoir: share,
    reservoirRefreshAmount: share,
    reservoirRefreshInterval: scenario.windowMs,
  });
  return { admit: () => limiter.schedule(async () => {}), learn: async () => {} };
}

function fullJitter(firstMs: number, mostMs: number): Player['pauseMs'] {
  return (attempt) => Math.random() * Math.min(mostMs, firstMs * 2 ** (attempt - 1));
}
