import * as z from 'zod/mini';
import { APPS } from '../shared/apps.ts';
import { Outcome } from '../shared/outcome.ts';

/** What a state's Catch puts into `$.error`. */
export const CaughtError = z.object({ Error: z.string(), Cause: z.string() });
export type CaughtError = z.infer<typeof CaughtError>;

/** An app's item as the Map state leaves it. */
export const AppResult = z.object({
  app: z.enum(APPS),
  outcome: Outcome,
  /** The account that was recorded when the run began. */
  vendorUserId: z.optional(z.nullable(z.string())),
  role: z.optional(z.nullable(z.string())),
  /** Why the app's chain of steps ended early. */
  error: z.optional(z.nullable(CaughtError)),
  /** Whether the login is open for a reason that may pass, so that it is tried again. */
  mayPass: z.optional(z.boolean()),
  /** How a login that was not shut at once was recorded later. */
  recorded: z.optional(z.object({ error: z.optional(z.nullable(CaughtError)) })),
  /** Why steps that hand over records failed, by step; none of them stops the others. */
  failures: z.optional(z.record(z.string(), CaughtError)),
});
export type AppResult = z.infer<typeof AppResult>;

const LambdaCause = z.object({ errorMessage: z.string() });

/** A caught error for a person; Lambda wraps the message in JSON, the engine's own errors do not. */
export function readError({ Error: name, Cause: cause }: CaughtError): {
  name: string;
  message: string;
} {
  return { name, message: lambdaMessage(cause) ?? cause };
}

/** The same in one line. */
export function describeError(error: CaughtError): string {
  const { name, message } = readError(error);
  return `${name}: ${message}`;
}

/** The message of the error that a Lambda failed with; undefined when the cause is not a Lambda's. */
export function lambdaMessage(cause: string): string | undefined {
  try {
    return z.parse(LambdaCause, JSON.parse(cause)).errorMessage;
  } catch {
    return undefined;
  }
}
