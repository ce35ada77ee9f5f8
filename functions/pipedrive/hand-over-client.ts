import { realSleep } from '../shared/sleep.ts';
import type { ClientOptions } from '../vendor/http.ts';
import { connectRest } from './connect-rest.ts';
import { pipedriveRecords } from './records.ts';
import { pipedriveUserReads } from './user-reads.ts';

/**
 * The Pipedrive client of the steps that are about a leaver's records, apart from client.ts, so that no other step carries
 * it along. Besides what is named at a method, all throw the errors of `VendorHttp`.
 */
export function pipedriveHandOver(options: ClientOptions = {}) {
  const { sleep = realSleep } = options;
  const calls = connectRest({ ...options, sleep });
  return pipedriveRecords(calls, pipedriveUserReads(calls), { sleep, now: options.rest?.now ?? Date.now });
}
