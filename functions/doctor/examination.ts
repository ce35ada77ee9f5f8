import type { Check } from '../tables/diagnosis-store.ts';
import type { Dialect } from '../vendor/dialect.ts';
import type { HttpOptions } from '../vendor/http.ts';
import type { ScimClient } from '../vendor/scim.ts';
import type { Surface } from '../vendor/surface.ts';

/** How an app is examined. Nothing of it may change anything in the app. */
export type Examination = {
  /** The REST surface in a dialect. @throws InvalidInputError for a setting that cannot be read */
  rest: (dialect: Dialect) => Surface;
  scim?: Surface;
  /** Makes the calls by which the dialect shows. @throws what the app's client throws, in the other dialect too */
  ask: (dialect: Dialect, options: HttpOptions) => Promise<unknown>;
  /** What else can be told once REST has answered. @throws as `ask` */
  look: (dialect: Dialect, options: HttpOptions) => Promise<Check[]>;
  /** What SCIM tells besides that it answers. @throws as `ask` */
  lookAtScim?: (scim: ScimClient) => Promise<Check[]>;
  /** A check of the dialect where its calls are those of the other one too. */
  dialectCheck?: (dialect: Dialect, options: Required<Pick<HttpOptions, 'credential'>>) => Promise<Check>;
};
