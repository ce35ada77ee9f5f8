/**
 * Where both versions of the API answer: users and roles are on v1, records on v2.
 * https://pipedrive.readme.io/docs/pipedrive-api-v2
 *
 * @param baseUrl of either version, or without a path.
 */
export function bothVersions(baseUrl: string): { v1: string; v2: string } {
  const url = baseUrl.replace(/\/+$/, '');
  const root = url.replace(/\/api\/v[12]$|\/v1$/, '');
  return { v1: /\/v1$/.test(url) ? url : `${root}/v1`, v2: `${root}/api/v2` };
}
