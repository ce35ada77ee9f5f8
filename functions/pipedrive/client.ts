import * as z from 'zod/mini';
import { realSleep } from '../shared/sleep.ts';
import { type ClientOptions, vendorHttp } from '../vendor/http.ts';
import { scimClient } from '../vendor/scim.ts';
import { pipedriveAccountList } from './account-list.ts';
import { connectRest } from './connect-rest.ts';
import { modeFromEnvironment, type PipedriveMode } from './mode.ts';
import { pipedriveRoles } from './roles.ts';
import { scimWrites } from './scim-writes.ts';
import { pipedriveScim } from './surfaces.ts';
import { pipedriveUserReads } from './user-reads.ts';
import { pipedriveUsers } from './users.ts';

// guide/ has the calls as the guide describes them, live/ as Pipedrive answers today:
// https://developers.pipedrive.com/docs/api/v1

/** A Pipedrive user as the steps pass it on. */
export const PipedriveAccount = z.object({ vendorUserId: z.string().check(z.regex(/^\d+$/)) });

export type PipedriveClient = ReturnType<typeof pipedrive>;

/**
 * The Pipedrive client but for what is about a leaver's records, which hand-over-client.ts has. Each method is one step,
 * and each that writes may be run again. Besides what is named
 * at a method, all throw the errors of `VendorHttp`.
 */
export function pipedrive(options: ClientOptions & { mode?: PipedriveMode } = {}) {
  const { sleep = realSleep, pageSize, mode = modeFromEnvironment() } = options;
  const calls = connectRest({ ...options, sleep });
  const reads = pipedriveUserReads(calls);
  const connectScim = () =>
    scimClient(pipedriveScim, vendorHttp(pipedriveScim, { sleep, ...options.scim }), { sleep, pageSize });
  const writes = mode === 'scim' ? scimWrites(connectScim(), calls.readUser) : calls.writes;
  return {
    ...pipedriveUsers(calls, reads, writes, sleep),
    ...pipedriveRoles(calls, writes, sleep),

    /** All users a page at a time, and after them who owns the open deals, the open activities and the contacts. */
    listAccounts: pipedriveAccountList(calls),
  };
}
