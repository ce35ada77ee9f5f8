import * as z from 'zod/mini';

/** Who asked for something, and by which way. */
export const Requester = z.object({
  via: z.enum(['api', 'cli', 'console', 'eventbridge', 'reconciliation']),
  /**
   * `api`: the IAM principal's ARN or the token's subject; `cli`: the system user; `eventbridge`: the event's source;
   * `reconciliation`: its run. Null where nobody can tell, as for an execution that was started by hand.
   */
  name: z.nullable(z.string()),
});
export type Requester = z.infer<typeof Requester>;

/** The variable with the system user who plays events on the command line; a deployment has none. */
export const CLI_USER_VARIABLE = 'TENURE_CLI_USER';

/** Which event or request started a run, and who asked for it. */
export const Origin = z.object({
  /** The event's id, the API's request id, or the name of an execution that was started by hand. */
  id: z.string(),
  /** The event's source, or else `api`, `console` or `reconciliation`. */
  source: z.string(),
  /** When it arrived, as an ISO instant. */
  receivedAt: z.string(),
  requester: Requester,
  /** The fields of an event on the bus that tenure does not know and has not read, by path. */
  unknownFields: z.optional(z.array(z.string())),
  /** The plan that the run was started with, to do exactly what it says. */
  planId: z.optional(z.string()),
});
export type Origin = z.infer<typeof Origin>;

/** The origin of an execution that was started by hand, in the console or with the AWS CLI. */
export function startedByHand(execution: string, startedAt: string): Origin {
  return {
    id: execution,
    source: 'console',
    receivedAt: startedAt,
    requester: { via: 'console', name: null },
  };
}
