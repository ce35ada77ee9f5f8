import type { VendorHttp } from '../../vendor/http.ts';
import type { PipedriveCalls } from '../dialect/calls.ts';
import { guideLists } from '../guide/answers.ts';
import { guideRoles } from '../guide/roles.ts';
import { priced } from './costs.ts';
import { liveRecords } from './records.ts';
import { liveUsers } from './users.ts';
import { liveWrites } from './writes.ts';

/**
 * Pipedrive's API as it answers today: users and roles on v1, records on v2. Roles are as the guide has them.
 *
 * @param pageSize items asked for per page, for tests.
 */
export function liveCalls(
  versions: { v1: VendorHttp; v2: VendorHttp },
  pageSize: number | undefined,
): PipedriveCalls {
  const v1 = priced(versions.v1);
  return {
    ...liveUsers(v1),
    ...guideRoles(v1, guideLists(v1, pageSize)),
    ...liveRecords(priced(versions.v2), pageSize),
    writes: liveWrites(v1),
  };
}
