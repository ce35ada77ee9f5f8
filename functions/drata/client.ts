import * as z from 'zod/mini';
import { realSleep } from '../shared/sleep.ts';
import { dialectOf } from '../vendor/dialect.ts';
import { type ClientOptions, vendorHttp } from '../vendor/http.ts';
import { drataAccountList } from './account-list.ts';
import { drataRestSurface } from './app.ts';
import { drataCompliance } from './compliance.ts';
import { drataControls } from './controls.ts';
import type { DrataCalls } from './dialect/calls.ts';
import { guideCalls } from './guide/calls.ts';
import { liveCalls } from './live/calls.ts';
import { drataPersonnel } from './personnel.ts';
import { drataRest } from './surface.ts';
import { drataTraining } from './training.ts';

// guide/ has the calls as the guide describes them, live/ as Drata answers today.

/** A Drata personnel record as the steps pass it on. */
export const DrataAccount = z.object({ vendorUserId: z.string(), wasOpen: z.optional(z.boolean()) });

/** Drata's calls in the dialect that it answers in. */
export function drataCalls(options: ClientOptions): DrataCalls {
  const dialect = options.dialect ?? dialectOf(drataRestSurface, options.rest?.baseUrl);
  const http = vendorHttp(drataRest(dialect), { sleep: options.sleep ?? realSleep, ...options.rest });
  return dialect === 'live' ? liveCalls(http, options.pageSize) : guideCalls(http, options.pageSize);
}

export type DrataClient = ReturnType<typeof drata>;

/**
 * The Drata client. Each method is one step, and each that writes may be run again. Besides what is named at a
 * method, all throw the errors of `VendorHttp`.
 */
export function drata(options: ClientOptions = {}) {
  const { sleep = realSleep } = options;
  const calls = drataCalls(options);
  const controls = drataControls(calls);
  return {
    ...drataPersonnel(calls, controls, sleep),
    listControls: controls.listControls,
    /** Whether DrataReassignControls gives controls away, and does not leave them to a person. */
    handsOverControls: calls.controlOwners !== null,
    ...drataCompliance(calls),
    ...drataTraining(calls),

    /** All personnel records a page at a time, inactive ones too. */
    listAccounts: drataAccountList(calls),
  };
}
