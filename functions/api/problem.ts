import * as z from 'zod/mini';
// Gives zod its messages too.
import type { Issue } from '../shared/issues.ts';
import '../shared/issues.ts';
import { FourEyesError, NotHeldError } from '../runs/decide-held.ts';
import { TooManyAttemptsError } from '../runs/start-run.ts';
import { IdentityConflictError, InvalidInputError, RunBusyError } from '../shared/errors.ts';
import { logger } from '../shared/logger.ts';
import { Plan, PlanDifference } from '../shared/plan.ts';

/** What is wrong with one field: where it is, and what was expected there; never what it holds. */
const FieldError = z.object({ path: z.string(), message: z.string() });
type FieldError = z.infer<typeof FieldError>;

/** How every request that fails is answered: https://www.rfc-editor.org/rfc/rfc9457 */
export const Problem = z.object({
  type: z.literal('about:blank'),
  title: z.string(),
  status: z.int(),
  /** What happened and what to do about it. */
  detail: z.string(),
  /** One entry for each field that is wrong. */
  errors: z.array(FieldError),
  /** What would be done now, where that is not what was planned. */
  plan: z.optional(Plan),
  difference: z.optional(z.array(PlanDifference)),
});
type Problem = z.infer<typeof Problem>;

// Node.js knows them too, but importing node:http loads its whole fetch, a quarter of the import of the API.
// https://www.iana.org/assignments/http-status-codes
const TITLES: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  421: 'Misdirected Request',
  422: 'Unprocessable Content',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** A request that cannot be served, and how to say so. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly status: number;
  readonly errors: readonly FieldError[];
  readonly headers: Record<string, string>;
  readonly more: Pick<Problem, 'plan' | 'difference'>;

  constructor(
    status: number,
    detail: string,
    options: {
      errors?: readonly FieldError[];
      headers?: Record<string, string>;
      more?: Pick<Problem, 'plan' | 'difference'>;
    } = {},
  ) {
    super(detail);
    this.status = status;
    this.errors = options.errors ?? [];
    this.headers = options.headers ?? {};
    this.more = options.more ?? {};
  }
}

/** The error of fields that are wrong; all of them, so that one look is enough to mend them. */
export function invalidFields(
  { issues }: { issues: readonly Issue[] },
  at: readonly string[] = [],
): RequestError {
  const errors = issues.map(({ path, message }) => ({
    path: [...at, ...path.map(String)].join('.'),
    message,
  }));
  return new RequestError(422, 'Some fields are wrong; see errors.', { errors });
}

/** The answer to a request that failed. What is nobody's fault but ours is logged and not told. */
export function problemAnswer(error: Error): Response {
  const { status, message, errors, headers, more } = asRequestError(error);
  const problem: Problem = {
    type: 'about:blank',
    title: TITLES[status] ?? 'Error',
    status,
    detail: message,
    errors: [...errors],
    ...more,
  };
  return new Response(JSON.stringify(problem), {
    status,
    headers: { 'content-type': 'application/problem+json', ...headers },
  });
}

/** How a request is refused, as a Lambda tells it another. */
export const Refusal = z.object({
  ...{ status: z.int(), detail: z.string() },
  ...{ errors: z.array(FieldError), headers: z.record(z.string(), z.string()) },
});
export type Refusal = z.infer<typeof Refusal>;

/** How a request that failed is refused. What is nobody's fault but ours is logged and not told. */
export function refusalOf(error: unknown): Refusal {
  const { status, message, errors, headers } = asRequestError(
    error instanceof Error ? error : new Error(String(error)),
  );
  return { status, detail: message, errors: [...errors], headers };
}

function asRequestError(error: Error): RequestError {
  if (error instanceof RequestError) return error;
  if (error instanceof TooManyAttemptsError || error instanceof IdentityConflictError)
    return new RequestError(409, error.message);
  if (error instanceof NotHeldError || error instanceof FourEyesError)
    return new RequestError(409, error.message);
  if (error instanceof RunBusyError) return new RequestError(409, error.forCaller);
  if (error instanceof InvalidInputError) return new RequestError(STATUS_OF[error.reason], error.message);
  if (error.name === 'InvalidExecutionInput') return new RequestError(422, error.message);
  logger.error('request failed', { error: error.name, reason: error.message });
  if (isTemporary(error)) {
    const detail = 'AWS is busy or cannot be reached. Nothing is lost; send the same request again.';
    return new RequestError(503, detail, { headers: { 'retry-after': RETRY_AFTER_SECONDS } });
  }
  return new RequestError(500, 'This is a fault of tenure; its log says more.');
}

const STATUS_OF = { invalid: 422, unknown: 404, conflict: 409 } as const;

// Longer than the SDK's own retries took, and short enough to try by hand.
const RETRY_AFTER_SECONDS = '10';

const SdkError = z.object({
  $metadata: z.object({ httpStatusCode: z.optional(z.number()) }),
});

// The services' names for "too much at once"; the API references of Step Functions, DynamoDB and KMS list them.
const THROTTLED = [
  'ExecutionLimitExceeded',
  'KmsThrottlingException',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ThrottlingException',
  'TooManyRequestsException',
];

function isTemporary(error: Error): boolean {
  const sdkError = z.safeParse(SdkError, error);
  if (!sdkError.success) return false;
  const { httpStatusCode } = sdkError.data.$metadata;
  // Without a status there was no answer.
  return THROTTLED.includes(error.name) || httpStatusCode === undefined || httpStatusCode >= 500;
}
