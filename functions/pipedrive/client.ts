import * as z from 'zod/mini';
import { secretCredential } from '../credentials/secrets.ts';
import { realSleep, type Sleep } from '../shared/sleep.ts';
import { dialectOf } from '../vendor/dialect.ts';
import { type ClientOptions, vendorHttp } from '../vendor/http.ts';
import { scimClient } from '../vendor/scim.ts';
import { baseUrlFromEnvironment, secretName } from '../vendor/surface.ts';
import { pipedriveAccountList } from './account-list.ts';
import { pipedriveRestSurface } from './app.ts';
import type { PipedriveCalls } from './dialect/calls.ts';
import { guideCalls } from './guide/calls.ts';
import { bothVersions } from './live/base-urls.ts';
import { liveCalls } from './live/calls.ts';
import { modeFromEnvironment, type PipedriveMode } from './mode.ts';
import { pipedriveRecords } from './records.ts';
import { pipedriveRoles } from './roles.ts';
import { scimWrites } from './scim-writes.ts';
import { pipedriveRest, pipedriveScim } from './surfaces.ts';
import { pipedriveUserReads } from './user-reads.ts';
import { pipedriveUsers } from './users.ts';

// guide/ has the calls as the guide describes them, live/ as Pipedrive answers today:
// https://developers.pipedrive.com/docs/api/v1

/** A Pipedrive user as the steps pass it on. */
export const PipedriveAccount = z.object({ vendorUserId: z.string().check(z.regex(/^\d+$/)) });

export type PipedriveClient = ReturnType<typeof pipedrive>;

/**
 * The Pipedrive client. Each method is one step, and each that writes may be run again. Besides what is named
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
    ...pipedriveRecords(calls, reads, { sleep, now: options.rest?.now ?? Date.now }),

    /** All users a page at a time, and after them who owns the open deals, the open activities and the contacts. */
    listAccounts: pipedriveAccountList(calls),
  };
}

function connectRest({ pageSize, rest = {}, ...options }: ClientOptions & { sleep: Sleep }): PipedriveCalls {
  const dialect = options.dialect ?? dialectOf(pipedriveRestSurface, rest.baseUrl);
  const surface = pipedriveRest(dialect);
  const http = { sleep: options.sleep, ...rest };
  if (dialect === 'guide') return guideCalls(vendorHttp(surface, http), pageSize);
  const { v1, v2 } = bothVersions(rest.baseUrl ?? baseUrlFromEnvironment(surface));
  const credential = rest.credential ?? secretCredential(surface, secretName(surface));
  const at = (baseUrl: string) => vendorHttp(surface, { ...http, baseUrl, credential });
  return liveCalls({ v1: at(v1), v2: at(v2) }, pageSize);
}
