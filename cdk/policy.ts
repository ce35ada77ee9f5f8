import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkPolicy } from '../functions/hr/check-policy.ts';
import type { Settings } from './settings.ts';
import { needsOf } from './step-needs.ts';

/** The policy's file beside the code of a Lambda. */
export const POLICY_FILE = 'policy.json';

/**
 * Checks the policy, and puts it beside the code of each Lambda that needs it.
 *
 * @param names of all Lambdas.
 * @param bundles the folder of their bundles.
 * @throws Error with the line and the rule of whatever is wrong.
 */
export function bundlePolicy(
  { policy: file, apps }: Pick<Settings, 'policy' | 'apps'>,
  names: readonly string[],
  bundles: string,
): void {
  const path = fileURLToPath(new URL(file, new URL('../', import.meta.url)));
  const { policy, problems } = checkPolicy(readFileSync(path, 'utf8'), file, apps);
  if (policy === null) throw new Error(`The policy is not usable.\n${problems.join('\n')}`);
  for (const name of names.filter((one) => needsOf(one).policy))
    writeFileSync(join(bundles, name, POLICY_FILE), JSON.stringify(policy));
}
