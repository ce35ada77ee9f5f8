import type { OAuthEndpoints } from '../credentials/credential.ts';
import type { Token } from '../credentials/secrets.ts';
import type { tokenRenewal } from '../credentials/token-renewal.ts';
import type { Limit } from '../rate-limit/slots.ts';
import type { App } from '../shared/apps.ts';
import { isConfidentialUrl } from '../shared/confidential-url.ts';
import { InvalidInputError } from '../shared/errors.ts';
import { type Dialect, dialectOf } from './dialect.ts';

/** A surface as data. */
export type SurfaceDescription = {
  vendor: App;
  surface: 'rest' | 'scim';
  /** The environment variable that replaces `defaultBaseUrl`. */
  baseUrlVariable: string;
  defaultBaseUrl: string;
  /** Where the vendor answers in its live dialect; left out where there is no other than the guide's. */
  liveBaseUrl?: string;
  contentType: 'application/json' | 'application/scim+json';
  /** Where OAuth tokens come from; left out where the vendor has none. */
  oauth?: OAuthEndpoints;
  /** Whether tokens may have to be renewed without OAuth's consent of a person. */
  renewsTokens?: true;
  /** What the vendor allows per token; `limitVariable` names the variable that replaces it. */
  limit: Limit | 'unknown';
  /** The same in the live dialect; left out where it is no other. @throws InvalidInputError */
  liveLimit?: () => Limit;
  /** The variables that tell which limit the company has with the vendor. */
  planVariables?: readonly string[];
  /** The variable and the value that switch the surface on; left out where it is always used. */
  usedWith?: { variable: string; value: string };
};

/** One way into a vendor: its REST API or its SCIM API. Each has its own base URL and its own token. */
export type Surface = SurfaceDescription & {
  /** How its tokens are renewed; left out where the vendor's never expire. */
  tokenRenewal?: typeof tokenRenewal;
  authorization: (token: string, kind: Token['kind']) => Record<string, string>;
  /** Reads how this vendor refuses; undefined where the status code alone decides. */
  readFailure?: (answer: Answer, path: string) => Failure | undefined;
};

/** What of a vendor's answer tells success from failure. */
export type Answer = {
  status: number;
  headers: Headers;
  isEmpty: boolean;
  /** Undefined when the body is empty or not JSON. */
  json: unknown;
  /** Whether a refusal that does not say so is for the day's budget, by what is known of it. */
  isDayOver?: boolean;
};

export type Failure = {
  /**
   * `missing`: what the call is about is not there. `other_dialect`: an answer in the form of the dialect that is not
   * spoken here.
   */
  kind: 'rate_limited' | 'daily_limit' | 'auth' | 'unavailable' | 'rejected' | 'missing' | 'other_dialect';
  /** The vendor's machine-readable error code. */
  code?: string | undefined;
};

/** The name of the secret that holds a surface's token. */
export function secretName({ vendor, surface }: Pick<SurfaceDescription, 'vendor' | 'surface'>): string {
  return `tenure/${vendor}/${surface}`;
}

/** The key of a surface's counter in the coordination table. */
export function counterKey({ vendor, surface }: Pick<SurfaceDescription, 'vendor' | 'surface'>): string {
  return `RATE#${vendor}#${surface}`;
}

/** Whether the company uses a surface, where a setting switches it on. */
export function isUsed(
  { usedWith }: Pick<SurfaceDescription, 'usedWith'>,
  environment: NodeJS.ProcessEnv = process.env,
): boolean {
  return usedWith === undefined || environment[usedWith.variable] === usedWith.value;
}

/** What the vendor allows per token in a dialect. @throws InvalidInputError as the surface's `liveLimit` */
export function limitIn(dialect: Dialect, { limit, liveLimit }: SurfaceDescription): Limit | 'unknown' {
  return dialect === 'live' && liveLimit !== undefined ? liveLimit() : limit;
}

/** The environment variable that replaces a surface's limit. */
export function limitVariable({ baseUrlVariable }: Pick<SurfaceDescription, 'baseUrlVariable'>): string {
  return baseUrlVariable.replace('BASE_URL', 'RATE_LIMIT');
}

/**
 * The base URL that the environment gives, else the vendor's own.
 *
 * @throws InvalidInputError when it is not a URL, or would send the token unencrypted over a network.
 */
export function baseUrlFromEnvironment(
  surface: SurfaceDescription,
  environment: NodeJS.ProcessEnv = process.env,
): string {
  const value = environment[surface.baseUrlVariable] ?? ownBaseUrl(surface, environment);
  if (isConfidentialUrl(value)) return value;
  throw new InvalidInputError(`${surface.baseUrlVariable} must be an https URL (http only on loopback).`);
}

function ownBaseUrl(surface: SurfaceDescription, environment: NodeJS.ProcessEnv): string {
  const { defaultBaseUrl, liveBaseUrl = defaultBaseUrl } = surface;
  return dialectOf(surface, undefined, environment) === 'live' ? liveBaseUrl : defaultBaseUrl;
}
