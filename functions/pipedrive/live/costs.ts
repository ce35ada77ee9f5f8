import type { Call, VendorHttp } from '../../vendor/http.ts';

/**
 * What each call takes of the company's tokens of a day: `x-token-cost` in Pipedrive's own descriptions,
 * https://developers.pipedrive.com/docs/api/v1/openapi.yaml and https://developers.pipedrive.com/docs/api/v1/openapi-v2.yaml
 */
export const TOKENS: Readonly<Record<string, number>> = {
  'GET /users': 20,
  'GET /users/find': 40,
  'GET /users/{id}': 2,
  'GET /users/me': 2,
  'POST /users': 10,
  'PUT /users/{id}': 10,
  'GET /users/{id}/roleAssignments': 10,
  'GET /users/{id}/permissions': 10,
  'GET /roles': 20,
  'POST /roles/{id}/assignments': 10,
  'GET /deals': 10,
  'GET /deals/archived': 20,
  'GET /activities': 10,
  'GET /persons': 10,
  'GET /deals/{id}': 1,
  'GET /activities/{id}': 1,
  'GET /persons/{id}': 1,
  'PATCH /deals/{id}': 5,
  'PATCH /activities/{id}': 5,
  'PATCH /persons/{id}': 5,
};

// Nothing costs more: a call that is missing above must not look cheap.
const HIGHEST = 40;

/** The same calls with what they take of the day's tokens. */
export function priced(http: VendorHttp): VendorHttp {
  return {
    request: (call) => http.request({ ...call, dailyCost: tokensOf(call) }),
    requestPage: (call) => http.requestPage({ ...call, dailyCost: tokensOf(call) }),
    requestIfExists: (call) => http.requestIfExists({ ...call, dailyCost: tokensOf(call) }),
  };
}

function tokensOf({ method, path }: Pick<Call<unknown>, 'method' | 'path'>): number {
  return TOKENS[`${method} ${path.replaceAll(/\/\d+/g, '/{id}')}`] ?? HIGHEST;
}
