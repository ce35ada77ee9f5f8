import * as z from 'zod/mini';
import { isConfidentialUrl } from '../shared/confidential-url.ts';

const Text = z.string().check(z.minLength(1));

const StaticToken = z.object({ token: Text });

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
});
export type OAuthCredential = z.infer<typeof OAuthCredential>;

/** What a secret may hold: a token that stays as it is, or OAuth credentials, whose tokens are renewed. */
export const Credential = z.union([OAuthCredential, StaticToken]);
export type Credential = z.infer<typeof Credential>;
