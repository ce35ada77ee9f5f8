import type { VendorHttp } from '../../vendor/http.ts';
import type { DrataCalls } from '../dialect/calls.ts';
import { guideControls } from './controls.ts';
import { guidePersonnel } from './personnel.ts';
import { guideTasks } from './tasks.ts';

const DEFAULT_PAGE_SIZE = 100;

/** Drata's API as its guide describes it: https://www.stitchflow.com/user-management/drata/api */
export function guideCalls(http: VendorHttp, pageSize = DEFAULT_PAGE_SIZE): DrataCalls {
  return {
    ...guidePersonnel(http, pageSize),
    listControls: guideControls(http, pageSize),
    controlOwners: null,
    readTasks: guideTasks(http),
  };
}
