import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkPolicy } from '../../functions/hr/check-policy.ts';
import { POLICY_VARIABLE } from '../../functions/hr/policy-variable.ts';
import { appsFromEnvironment } from '../../functions/shared/companys-apps.ts';
import { HR_SOURCES_VARIABLE } from '../../functions/shared/hr-sources.ts';

const POLICY = new URL('../../policy.yaml', import.meta.url);

/**
 * Puts the policy where handlers read it, as a deployment does; a policy that is wrong is left out.
 *
 * @param file of another policy than the one of the checkout.
 */
export function setLocalPolicy(file: string | URL = POLICY): void {
  const { policy } = checkPolicy(readFileSync(file, 'utf8'), 'policy.yaml', appsFromEnvironment());
  if (policy === null) return;
  const checked = join(mkdtempSync(join(tmpdir(), 'tenure-policy-')), 'policy.json');
  writeFileSync(checked, JSON.stringify(policy));
  process.env[POLICY_VARIABLE] = checked;
  process.env[HR_SOURCES_VARIABLE] = 'hr,bamboohr,hibob';
}
