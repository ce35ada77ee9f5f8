import type { App } from '../shared/apps.ts';
import { policyFromEnvironment } from './policy-from-environment.ts';
import { POLICY_VARIABLE } from './policy-variable.ts';

/** The roles that the policy gives in an app; null where this process has no policy. */
export function rolesNamedByPolicy(app: App): string[] | null {
  if ((process.env[POLICY_VARIABLE] ?? '') === '') return null;
  const { rules, default: otherwise } = policyFromEnvironment();
  const named = [...rules, otherwise].flatMap(({ apps }) => apps);
  return [...new Set(named.flatMap((one) => (one.app === app ? (one.role ?? []) : [])))];
}
