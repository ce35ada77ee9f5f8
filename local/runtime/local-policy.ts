import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkPolicy } from '../../functions/hr/check-policy.ts';
import type { Policy } from '../../functions/hr/policy.ts';
import { POLICY_VARIABLE } from '../../functions/hr/policy-variable.ts';
import { appsFromEnvironment } from '../../functions/shared/companys-apps.ts';
import { HR_SOURCES_VARIABLE } from '../../functions/shared/hr-sources.ts';

const FILE = new URL('../../policy.yaml', import.meta.url);

/**
 * Puts a policy where handlers read it, as a deployment does.
 *
 * @param folder where it is written to.
 * @param policy the checkout's unless given, which is left out where it is wrong.
 */
export function setLocalPolicy(folder: string, policy: Policy | null = policyOfCheckout()): void {
  if (policy === null) return;
  const checked = join(folder, 'policy.json');
  writeFileSync(checked, JSON.stringify(policy));
  process.env[POLICY_VARIABLE] = checked;
  process.env[HR_SOURCES_VARIABLE] = 'hr,bamboohr,hibob';
}

/** The checkout's policy; null where it is not usable. */
export function policyOfCheckout(): Policy | null {
  return checkPolicy(readFileSync(FILE, 'utf8'), 'policy.yaml', appsFromEnvironment()).policy;
}
