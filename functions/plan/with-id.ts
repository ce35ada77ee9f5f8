import { createHash } from 'node:crypto';
import { canonicalJson } from '../shared/canonical-json.ts';
import type { Plan } from '../shared/plan.ts';

/**
 * The plan with its id: a digest of what was asked for, of what would change, and of what would hold or fail.
 *
 * @param request stands for what was asked for.
 */
export function withId(request: string, plan: Omit<Plan, 'planId'>): Plan {
  const { workflow, employeeId, status, held, apps } = plan;
  const content = {
    ...{ request, workflow, employeeId, status, held: held.map(({ kind }) => kind) },
    apps: apps.map(({ app, account, writes, held: reasons, failures }) => ({
      ...{ app, account, writes: writes.map((write) => canonicalJson(write)).sort() },
      held: reasons.map(({ kind }) => kind),
      failures: failures.map(({ step, error }) => ({ step, error })),
    })),
  };
  const planId = createHash('sha256').update(canonicalJson(content)).digest('hex').slice(0, 32);
  return { planId, ...plan };
}
