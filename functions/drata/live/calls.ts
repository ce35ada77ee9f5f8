import type { VendorHttp } from '../../vendor/http.ts';
import type { DrataCalls } from '../dialect/calls.ts';
import { liveControlOwners, liveControls } from './controls.ts';
import { livePersonnel } from './personnel.ts';
import { liveTasks } from './tasks.ts';

// The most that Drata gives.
const DEFAULT_PAGE_SIZE = 500;

/** Drata's API as it answers today: https://developers.drata.com/openapi/reference/v2/overview/ */
export function liveCalls(http: VendorHttp, pageSize = DEFAULT_PAGE_SIZE): DrataCalls {
  return {
    ...livePersonnel(http, pageSize),
    listControls: liveControls(http, pageSize),
    controlOwners: liveControlOwners(http, pageSize),
    readTasks: liveTasks(http),
  };
}
