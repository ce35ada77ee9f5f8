import { discoveryRequest, processDiscoveryResponse } from 'oauth4webapi';
import type { PageConfig } from './page-config.ts';
import type { PageSettings } from './settings.ts';

const TIMEOUT_MS = 5000;

/**
 * Asks the issuer where people sign in, so that the page's script needs to reach its token endpoint only:
 * https://openid.net/specs/openid-connect-discovery-1_0.html
 *
 * @throws Error when it cannot be asked, or does not name both endpoints over https.
 */
export async function discover({ issuer, ...settings }: PageSettings): Promise<PageConfig> {
  const url = new URL(issuer);
  const response = await discoveryRequest(url, {
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const found = await processDiscoveryResponse(url, response);
  return {
    signIn: 'token',
    issuer: found.issuer,
    authorizationEndpoint: httpsUrl(found.authorization_endpoint),
    tokenEndpoint: httpsUrl(found.token_endpoint),
    ...settings,
  };
}

function httpsUrl(text = ''): string {
  if (URL.parse(text)?.protocol === 'https:') return text;
  throw new Error('The issuer does not name its authorization and token endpoints over https.');
}
