import * as z from 'zod/mini';
import { isConfidentialUrl } from '../shared/confidential-url.ts';

const Text = z.string().check(z.minLength(1));

/** The user behind the token, by id or address, for apps that do not say whose it is. */
const Behind = { user: z.optional(Text) };

/** A token that stays as it is until a person replaces it. */
export const StaticToken = z.object({ token: Text, ...Behind });

/** What an OAuth application is known by, and where it gets its tokens. */
export const OAuthClient = z.object({
  clientId: Text,
  clientSecret: Text,
  tokenUrl: Text.check(z.refine(isConfidentialUrl)),
});
export type OAuthClient = z.infer<typeof OAuthClient>;

/** A vendor's OAuth endpoints, and how an application proves itself there: https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1 */
export type OAuthEndpoints = {
  authorizeUrl: string;
  tokenUrl: string;
  clientAuthentication: ClientAuthentication;
};
export type ClientAuthentication = 'http basic' | 'request body';

export const OAuthCredential = z.extend(OAuthClient, {
  accessToken: Text,
  refreshToken: Text,
  /** When the access token expires, as an ISO instant. */
  expiresAt: z.iso.datetime({ offset: true }),
  ...Behind,
});
export type OAuthCredential = z.infer<typeof OAuthCredential>;

// Without them the first call asks for a token, so that a person need not have one.
const Held = {
  accessToken: z._default(z.string(), ''),
  expiresAt: z._default(OAuthCredential.shape.expiresAt, new Date(0).toISOString()),
};

/** A refresh token that is spent without an OAuth application, for the next access and refresh token. */
export const SessionCredential = z.object({
  grant: z.literal('refresh_token'),
  tokenUrl: OAuthClient.shape.tokenUrl,
  refreshToken: Text,
  ...Behind,
  ...Held,
});
export type SessionCredential = z.infer<typeof SessionCredential>;

/** An application that gets access tokens in its own name: https://www.rfc-editor.org/rfc/rfc6749#section-4.4 */
export const ClientCredential = z.extend(OAuthClient, {
  grant: z.literal('client_credentials'),
  ...Behind,
  ...Held,
});
export type ClientCredential = z.infer<typeof ClientCredential>;

/** Credentials whose access token expires, and is renewed. */
export type RenewableCredential = OAuthCredential | SessionCredential | ClientCredential;

/** What a secret may hold: a token that stays as it is, or credentials whose tokens are renewed. */
export const Credential = z.union([OAuthCredential, SessionCredential, ClientCredential, StaticToken]);
export type Credential = z.infer<typeof Credential>;

/** The two forms that a secret may have to have, and how a person is told. */
export const ANY_CREDENTIAL = { schema: Credential, inWords: '{"token":"…"} or OAuth credentials' };
export const ONLY_STATIC = { schema: StaticToken, inWords: '{"token":"…"}' };
