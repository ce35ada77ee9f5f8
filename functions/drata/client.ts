import * as z from 'zod/mini';
import { realSleep } from '../shared/sleep.ts';
import { type ClientOptions, vendorHttp } from '../vendor/http.ts';
import { drataAccountList } from './account-list.ts';
import { drataCompliance } from './compliance.ts';
import { drataControls } from './controls.ts';
import { DEFAULT_PAGE_SIZE } from './pages.ts';
import { drataPersonnel } from './personnel.ts';
import { drataPersonnelReads } from './personnel-reads.ts';
import { drataRest } from './surface.ts';
import { drataTraining } from './training.ts';

// API guide: https://www.stitchflow.com/user-management/drata/api

/** A Drata personnel record as the steps pass it on. */
export const DrataAccount = z.object({ vendorUserId: z.string() });

export type DrataClient = ReturnType<typeof drata>;

/**
 * The Drata client. Each method is one step, and each that writes may be run again. Besides what is named at a
 * method, all throw the errors of `VendorHttp`.
 */
export function drata(options: ClientOptions = {}) {
  const { sleep = realSleep, pageSize = DEFAULT_PAGE_SIZE } = options;
  const http = vendorHttp(drataRest, { sleep, ...options.rest });
  const reads = drataPersonnelReads(http, pageSize);
  const controls = drataControls(http, pageSize);
  return {
    ...drataPersonnel(http, reads, controls, sleep),
    listControls: controls.listControls,
    ...drataCompliance(reads),
    ...drataTraining(http, reads),

    /** All personnel records a page at a time, inactive ones too. */
    listAccounts: drataAccountList(reads),
  };
}
