import * as z from 'zod/mini';
import { ALL_SURFACES } from '../../functions/app-descriptions.ts';
import type { OAuthEndpoints } from '../../functions/credentials/credential.ts';
import type { App } from '../../functions/shared/apps.ts';
import { isConfidentialUrl } from '../../functions/shared/confidential-url.ts';
import { UsageError } from '../runtime/usage-error.ts';

const ENDPOINTS: ReadonlyMap<App, OAuthEndpoints> = new Map(
  ALL_SURFACES.flatMap(({ vendor, oauth }) => (oauth === undefined ? [] : [[vendor, oauth] as const])),
);

/** The apps that give OAuth tokens. */
export const OAUTH_VENDORS = [...ENDPOINTS.keys()];

/** The path to which a vendor sends the browser back. */
export const CALLBACK_PATH = '/callback';

/** An OAuth application, and where its vendor authorizes it. */
export type Application = { authorizeUrl: string; tokenUrl: string; clientId: string; clientSecret: string };

/** @throws UsageError */
export function endpointsOf(vendor: App): OAuthEndpoints {
  const endpoints = ENDPOINTS.get(vendor);
  if (endpoints === undefined) throw new UsageError(`authorize: ${vendor} has no OAuth`);
  return endpoints;
}

/**
 * The vendor's OAuth application: from the environment first, else from what is stored already.
 *
 * @throws UsageError
 */
export function readApplication(vendor: App, environment: NodeJS.ProcessEnv, stored: unknown): Application {
  const known = z.safeParse(
    z.object({ clientId: z.optional(z.string()), clientSecret: z.optional(z.string()) }),
    stored,
  ).data;
  const prefix = vendor.toUpperCase();
  const read = (name: string, fallback: string | undefined): string => {
    const value = environment[`${prefix}_${name}`] || fallback;
    if (value === undefined || value === '')
      throw new UsageError(`authorize: expected ${prefix}_${name} in the environment`);
    return value;
  };
  const readUrl = (name: string, fallback: string): string => {
    const url = read(name, fallback);
    if (isConfidentialUrl(url)) return url;
    throw new UsageError(`${prefix}_${name} must be an https URL (http only on loopback).`);
  };
  return {
    clientId: read('CLIENT_ID', known?.clientId),
    clientSecret: read('CLIENT_SECRET', known?.clientSecret),
    authorizeUrl: readUrl('AUTHORIZE_URL', endpointsOf(vendor).authorizeUrl),
    tokenUrl: readUrl('TOKEN_URL', endpointsOf(vendor).tokenUrl),
  };
}
