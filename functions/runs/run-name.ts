import { createHash } from 'node:crypto';
import type { Workflow } from '../shared/workflow.ts';

/** At most 72 characters; Step Functions allows 80, and these only: the id's others become an underscore. */
export function runName(
  workflow: Workflow | 'training-follow-up',
  employeeId: string,
  request: string,
): string {
  const id = employeeId.replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, 30);
  const hash = createHash('sha256').update(request).digest('hex').slice(0, 24);
  return `${workflow}-${id}-${hash}`;
}
