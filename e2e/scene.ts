import type { ApiClient } from './api-client.ts';
import type { Aws } from './aws.ts';
import type { Checks } from './checks.ts';
import type { Company } from './company.ts';
import type { Deployment } from './deployment.ts';

/** Everything that the checks have in common. */
export type Scene = {
  company: Company;
  aws: Aws;
  api: ApiClient;
  deployed: Deployment;
  checks: Checks;
  signal: AbortSignal;
};
