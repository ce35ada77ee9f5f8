import * as z from 'zod/mini';

/** The name of an execution after which files are named; Step Functions allows more. */
export const ExecutionName = z
  .string()
  .check(z.regex(/^[\w-][\w.-]*$/, { error: "must be made of letters, digits, '.', '-' and '_'" }));
