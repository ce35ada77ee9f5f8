import type { VendorHttp } from '../../vendor/http.ts';
import type { PipedriveCalls } from '../dialect/calls.ts';
import { guideLists } from './answers.ts';
import { guideRecords } from './records.ts';
import { guideRoles } from './roles.ts';
import { guideUsers } from './users.ts';
import { guideWrites } from './writes.ts';

/** Pipedrive's API as the guide describes it. @param pageSize items asked for per page, for tests. */
export function guideCalls(http: VendorHttp, pageSize: number | undefined): PipedriveCalls {
  const lists = guideLists(http, pageSize);
  return {
    ...guideUsers(http, lists),
    ...guideRoles(http, lists),
    records: guideRecords(http, lists),
    archivedDeals: null,
    writes: guideWrites(http),
  };
}
