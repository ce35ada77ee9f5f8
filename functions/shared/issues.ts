import * as z from 'zod/mini';
import en from 'zod/v4/locales/en.js';

// zod/mini comes without messages; the full package would bring those of fifty languages.
z.config(en());

/** What is wrong with an input, one line a problem: the path and what was expected there, never the value. */
export function describeIssues(error: z.core.$ZodError): string[] {
  return error.issues.map(({ path, message }) => `${describePath(path)}: ${message}`);
}

function describePath(path: readonly PropertyKey[]): string {
  return path.map(String).join('.') || 'input';
}
