/** What a token must allow, by the names that the deployment gives its scopes. */
export type ScopeNames = { read: string; run: string; approve: string; admin: string };

/** How the page proves who it is to the API; the shell tells the script. */
export type PageConfig =
  /** The key of a laptop's `serve`, which the page is opened with. */
  | { signIn: 'key' }
  /** Authorization code and PKCE at an issuer. */
  | {
      signIn: 'token';
      issuer: string;
      authorizationEndpoint: string;
      tokenEndpoint: string;
      clientId: string;
      /** What is asked for, as one text; the access token says what was given. */
      scope: string;
      /** The audience that some issuers want to be asked for; null where none is asked for. */
      audience: string | null;
      scopes: ScopeNames;
    };

/** The name of the element in which the shell hands the configuration over. */
export const CONFIG_NAME = 'tenure-config';
