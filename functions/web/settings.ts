import * as z from 'zod/mini';

/** The variable with the page's settings, as JSON. */
export const PAGE_VARIABLE = 'TENURE_PAGE';

/** Where and how a deployment's page signs people in. */
export const PageSettings = z.object({
  issuer: z.string(),
  clientId: z.string(),
  /** What is asked for. */
  scope: z.string(),
  audience: z.nullable(z.string()),
  /** The names of the scopes that the API's routes need. */
  scopes: z.object({ read: z.string(), run: z.string(), approve: z.string(), admin: z.string() }),
});
export type PageSettings = z.infer<typeof PageSettings>;
