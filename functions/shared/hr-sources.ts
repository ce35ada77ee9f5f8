import * as z from 'zod/mini';

/** Where joiners, movers and leavers can come from, besides events of tenure's own form. */
export const HR_SOURCES = ['roster', 'hr', 'bamboohr', 'hibob'] as const;
export type HrSource = (typeof HR_SOURCES)[number];

/** The variable with the sources that the company has, separated by commas. */
export const HR_SOURCES_VARIABLE = 'HR_SOURCES';

/** The sources that the company has; none unless the variable names them. @throws ZodError for one that is not known */
export function hrSourcesFromEnvironment(environment: NodeJS.ProcessEnv = process.env): HrSource[] {
  const words = (environment[HR_SOURCES_VARIABLE] ?? '').split(',').flatMap((word) => word.trim() || []);
  return z.parse(z.array(z.enum(HR_SOURCES)), words);
}
