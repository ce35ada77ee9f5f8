import * as z from 'zod/mini';
import { invalidFields } from './problem.ts';
import { EmployeeId } from './schemas.ts';

/** The employee id of a path or a query. @throws RequestError 422 */
export function parseEmployeeId(value: string | undefined): string {
  const parsed = z.safeParse(EmployeeId, value);
  if (!parsed.success) throw invalidFields(parsed.error, ['employeeId']);
  return parsed.data;
}
