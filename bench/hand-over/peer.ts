import { setTimeout as wait } from 'node:timers/promises';
import { Configuration, DealsApi } from 'pipedrive/v2';
import * as z from 'zod/mini';
import { Places } from './messages.ts';

// A process of its own: a loop with Pipedrive's own client, and its own retry: after a 429 it waits for
// the documented window. https://github.com/pipedrive/client-nodejs

const MOST_ATTEMPTS = 100;
let refused = 0;
let windowMs = 0;

process.once('disconnect', () => process.exit());
process.once('message', async (message) => {
  const { peer, leaverId, newOwnerId } = z.parse(Places, message);
  if (peer === null) throw new Error('There is no client for this app.');
  const deals = new DealsApi(new Configuration({ apiKey: peer.token, basePath: peer.url }));
  windowMs = peer.windowMs;
  const startedAt = performance.now();
  const cpu = process.cpuUsage();
  let peakMb = 0;
  const watch = setInterval(() => {
    peakMb = Math.max(peakMb, process.memoryUsage.rss() / 1e6);
  }, 50);
  const ids: number[] = [];
  let cursor: string | undefined;
  do {
    const page = await patiently(() =>
      deals.getDeals({
        owner_id: Number(leaverId),
        status: 'open',
        limit: 500,
        ...(cursor === undefined ? {} : { cursor }),
      }),
    );
    ids.push(...(page.data ?? []).flatMap(({ id }) => id ?? []));
    cursor = page.additional_data?.next_cursor ?? undefined;
  } while (cursor !== undefined);
  for (const id of ids)
    await patiently(() => deals.updateDeal({ id, UpdateDealRequest: { owner_id: Number(newOwnerId) } }));
  clearInterval(watch);
  const { user, system } = process.cpuUsage(cpu);
  const cpuMs = (user + system) / 1000;
  process.send?.({ ms: performance.now() - startedAt, peakMb, cpuMs, refused });
});

async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ask();
    } catch (error) {
      // The client rejects with the body of the answer alone, so that what the headers say is lost.
      const isLimit = z.safeParse(z.object({ errorCode: z.literal(429) }), error).success;
      if (!isLimit || attempt === MOST_ATTEMPTS) throw error;
      refused += 1;
      await wait(windowMs);
    }
  }
}
