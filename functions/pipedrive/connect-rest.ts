import { secretCredential } from '../credentials/secrets.ts';
import type { Sleep } from '../shared/sleep.ts';
import { dialectOf } from '../vendor/dialect.ts';
import { type ClientOptions, vendorHttp } from '../vendor/http.ts';
import { baseUrlFromEnvironment, secretName } from '../vendor/surface.ts';
import { pipedriveRestSurface } from './app.ts';
import type { PipedriveCalls } from './dialect/calls.ts';
import { guideCalls } from './guide/calls.ts';
import { bothVersions } from './live/base-urls.ts';
import { liveCalls } from './live/calls.ts';
import { pipedriveRest } from './surfaces.ts';

/** The calls of Pipedrive's REST API in the dialect that the options or the settings say. */
export function connectRest({
  pageSize,
  rest = {},
  ...options
}: ClientOptions & { sleep: Sleep }): PipedriveCalls {
  const dialect = options.dialect ?? dialectOf(pipedriveRestSurface, rest.baseUrl);
  const surface = pipedriveRest(dialect);
  const http = { sleep: options.sleep, ...rest };
  if (dialect === 'guide') return guideCalls(vendorHttp(surface, http), pageSize);
  const { v1, v2 } = bothVersions(rest.baseUrl ?? baseUrlFromEnvironment(surface));
  const credential = rest.credential ?? secretCredential(surface, secretName(surface));
  const at = (baseUrl: string) => vendorHttp(surface, { ...http, baseUrl, credential });
  return liveCalls({ v1: at(v1), v2: at(v2) }, pageSize);
}
