import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import * as z from 'zod/mini';
import { Policy } from './policy.ts';
import { POLICY_VARIABLE } from './policy-variable.ts';

/** The policy of this deployment. @throws Error when there is none */
export function policyFromEnvironment(): Policy {
  // It is beside the code: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
  const file = resolve(process.env.LAMBDA_TASK_ROOT ?? '', z.parse(z.string(), process.env[POLICY_VARIABLE]));
  return z.parse(Policy, JSON.parse(readFileSync(file, 'utf8')));
}
