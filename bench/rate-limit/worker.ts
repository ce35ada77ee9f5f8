import { AsyncLocalStorage } from 'node:async_hooks';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as z from 'zod/mini';
import { VendorDailyLimitError, VendorRateLimitedError } from '../../functions/shared/errors.ts';
import { withPriorityOf } from '../../functions/shared/priority.ts';
import { realSleep } from '../../functions/shared/sleep.ts';
import { vendorHttp } from '../../functions/vendor/http.ts';
import { type JobEnd, Work, type WorkDone } from './messages.ts';
import { costOf } from './scenarios.ts';
import { playerOf } from './strategies.ts';

// One of the processes that share the limit. It plays its part of the jobs, reports and ends.

const MOST_ATTEMPTS = 500;

process.once('message', (message) => {
  play(Work.parse(message)).then((done) => {
    process.send?.(done, () => process.exit());
  });
});

async function play(work: Work): Promise<WorkDone> {
  const { scenario, jobs, vendorUrl, skewMs, dueAt } = work;
  const count = { writes: 0, reads: 0 };
  const slots = new AsyncLocalStorage<{ slot: number | null }>();
  const now = () => Date.now() + skewMs;
  const sleep = (ms: number) => {
    const store = slots.getStore();
    if (store !== undefined) store.slot = now() + ms;
    return realSleep(Math.ceil(ms));
  };
  const client = distantTable(work.tableUrl, count);
  const { limiter, pauseMs } = playerOf(work, { client, now, sleep });
  const http = vendorHttp(
    {
      vendor: 'pipedrive',
      surface: 'rest',
      baseUrlVariable: 'UNUSED',
      defaultBaseUrl: vendorUrl,
      contentType: 'application/json',
      authorization: () => ({}),
      limit: { capacity: scenario.capacity, windowMs: scenario.windowMs },
    },
    { baseUrl: vendorUrl, limiter, now, credential: CREDENTIAL },
  );
  const stopAt = dueAt + scenario.mostMs;

  const playJob = async (job: number): Promise<JobEnd> => {
    let attempts = 0;
    while (attempts < MOST_ATTEMPTS && Date.now() < stopAt) {
      attempts += 1;
      const store: { slot: number | null } = { slot: null };
      const call = {
        operation: 'bench',
        method: 'GET',
        path: `/${job}`,
        answer: z.unknown(),
        dailyCost: costOf(scenario, job),
      } as const;
      const refusal = await slots.run(store, () =>
        withPriorityOf({ workflow: 'offboarding' }, () => http.request(call).then(() => null, asRefusal)),
      );
      if (refusal === null) return { job, attempts, isDone: true, slot: store.slot };
      // Until tomorrow, which is not played.
      if (refusal instanceof VendorDailyLimitError) return { job, attempts, isDone: false, slot: null };
      await realSleep(Math.min(pauseMs(attempts, refusal), Math.max(0, stopAt - Date.now())));
    }
    return { job, attempts, isDone: false, slot: null };
  };

  await realSleep(dueAt - Date.now());
  const stopped = realSleep(scenario.mostMs + 5_000).then((): null => null);
  const playing = jobs.map(async (job): Promise<JobEnd> => {
    const end = await Promise.race([playJob(job), stopped]);
    return end ?? { job, attempts: MOST_ATTEMPTS, isDone: false, slot: null };
  });
  return { ends: await Promise.all(playing), ...count };
}

const TOKEN = { value: 'none', kind: 'static' } as const;
const CREDENTIAL = {
  secretName: 'none',
  token: async () => TOKEN,
  tokenAfterRefusal: async () => TOKEN,
};

// Other failures are none of the limit's: the job fails for good and is seen as not done.
function asRefusal(error: unknown): VendorRateLimitedError | VendorDailyLimitError {
  if (error instanceof VendorRateLimitedError || error instanceof VendorDailyLimitError) return error;
  console.error(error);
  return new VendorRateLimitedError(
    { vendor: 'pipedrive', operation: 'bench', method: 'GET', path: '/' },
    1_000,
  );
}

/** A client whose table is 5 to 60 ms away, and which counts what goes out, retries too. */
function distantTable(endpoint: string, count: { writes: number; reads: number }): DynamoDBClient {
  const client = new DynamoDBClient({
    endpoint,
    region: 'local',
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
    requestHandler: { httpAgent: { maxSockets: 500 } },
  });
  const trip = () => realSleep(2.5 + 27.5 * Math.random());
  client.middlewareStack.add(
    (next, context) => async (parameters) => {
      count[context.commandName === 'GetItemCommand' ? 'reads' : 'writes'] += 1;
      await trip();
      const answer = await next(parameters);
      await trip();
      return answer;
    },
    { step: 'finalizeRequest', priority: 'low', name: 'distance' },
  );
  return client;
}
