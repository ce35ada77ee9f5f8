import * as z from 'zod/mini';

export const WORKFLOWS = ['onboarding', 'offboarding', 'update'] as const;

/** The workflows that an HR event starts, for one person each. */
export const Workflow = z.enum(WORKFLOWS);
export type Workflow = z.infer<typeof Workflow>;
