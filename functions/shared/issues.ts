import * as z from 'zod/mini';
import en from 'zod/v4/locales/en.js';
import { didYouMean } from './nearest.ts';

const { localeError: english } = en();

// zod/mini comes without messages; the full package would bring those of fifty languages.
z.config({ localeError: (issue) => missingFieldMessage(issue) ?? plainMessage(issue) ?? english(issue) });

const IS_MISSING = 'is missing';

/** What is wrong with one field: where it is, and what was expected there. */
export type Issue = { path: readonly PropertyKey[]; message: string };

/** What is wrong with an input, one line a problem: the path and what was expected there, never the value. */
export function describeIssues({ issues }: { issues: readonly Issue[] }): string[] {
  return issues.map(({ path, message }) =>
    message.startsWith(IS_MISSING) ? `${describePath(path)} ${message}` : `${describePath(path)}: ${message}`,
  );
}

function describePath(path: readonly PropertyKey[]): string {
  return path.map(String).join('.') || 'input';
}

/** That a field is not there at all, in the place of the types that were expected and received. */
function missingFieldMessage(issue: z.core.$ZodRawIssue): string | null {
  if (issue.code === 'invalid_union' && issue.note === 'No matching discriminator') {
    const { discriminator, input } = issue;
    const isThere =
      typeof input !== 'object' || input === null || discriminator === undefined || discriminator in input;
    return isThere ? null : `${IS_MISSING}; expected ${allowedValues([issue.options ?? []].flat())}`;
  }
  if ((issue.input ?? null) !== null) return null;
  if (issue.code === 'invalid_type') return IS_MISSING;
  if (issue.code === 'invalid_value') return `${IS_MISSING}; expected ${allowedValues(issue.values)}`;
  return null;
}

const FORMATS: Readonly<Record<string, string>> = {
  date: 'must be a day such as 2026-12-01',
  datetime: 'must be a moment such as 2026-12-01T09:00:00Z',
};

/** What is expected, in the place of a type's name; with the allowed word that somebody probably meant. */
function plainMessage(issue: z.core.$ZodRawIssue): string | null {
  if (issue.code === 'invalid_format') return FORMATS[issue.format] ?? null;
  if (issue.code !== 'invalid_value' || issue.values.length < 2) return null;
  const near = typeof issue.input === 'string' ? didYouMean(issue.input, issue.values.map(String)) : '';
  return `must be ${allowedValues(issue.values)}${near}`;
}

function allowedValues(values: readonly unknown[]): string {
  return new Intl.ListFormat('en', { type: 'disjunction' }).format(values.map(String));
}
