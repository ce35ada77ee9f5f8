import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

/** A request that a live client sent, and the answer; null where a test had it spoiled. */
export type LiveExchange = {
  vendor: string;
  surface: 'rest' | 'scim';
  method: string;
  /** The path of the URL, with the prefix, and the query as it was sent. */
  path: string;
  search: string;
  body: unknown;
  answer: { status: number; body: unknown } | null;
};

/** The variable with the folder in which the traffic of live simulators is kept; it is not kept without one. */
export const LIVE_TRAFFIC = 'LIVE_TRAFFIC';

/** Keeps an exchange for `npm run check:specs`. @param exchange is asked only where there is a folder */
export async function keepLiveTraffic(exchange: () => Promise<LiveExchange>): Promise<void> {
  const folder = process.env[LIVE_TRAFFIC];
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  // Each process has its own file, and threads of one process append whole lines.
  appendFileSync(join(folder, `${process.pid}.jsonl`), `${JSON.stringify(await exchange())}\n`);
}
