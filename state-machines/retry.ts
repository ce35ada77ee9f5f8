// The errors below are those that pass by themselves. Whatever else fails is for a person, and is not retried.

// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
const DYNAMODB_IS_BUSY = [
  'InternalServerError',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ThrottlingException',
];
// https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html
const SECRETS_MANAGER_IS_BUSY = ['InternalServiceError'];
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
const S3_IS_BUSY = ['InternalError', 'ServiceUnavailable', 'SlowDown'];
const LAMBDA_IS_BUSY = ['Lambda.ServiceException', 'Lambda.TooManyRequestsException'];
const LAMBDA_FAILED = [
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  // A Lambda that ran out of time or memory.
  'Lambda.Unknown',
  'Sandbox.Timedout',
];

// The state's own limit, and that of a call which the AWS SDK makes.
const NO_ANSWER_IN_TIME = ['States.Timeout', 'TimeoutError'];

const STEP_FAILED = [...NO_ANSWER_IN_TIME, ...DYNAMODB_IS_BUSY, ...LAMBDA_IS_BUSY, ...LAMBDA_FAILED];
const APP_STEP_FAILED = [...STEP_FAILED, ...SECRETS_MANAGER_IS_BUSY];
const FILE_STEP_FAILED = [...APP_STEP_FAILED, ...S3_IS_BUSY];

const VENDOR_REFUSES = ['VendorRateLimitedError'];
const VENDOR_IS_AWAY = ['VendorUnavailableError', 'LimiterUnavailableError'];

/** What a state's Retry is made of: an error is retried as the first retrier says that names it. */
export type Retrier = {
  ErrorEquals: readonly string[];
  IntervalSeconds: number;
  BackoffRate: number;
  MaxDelaySeconds: number;
  MaxAttempts: number;
  JitterStrategy: string;
};

type Delays = { firstSeconds: number; longestSeconds: number; attempts: number };

// Full jitter, because everything that was refused together would otherwise come back together.
function retrier(
  ErrorEquals: readonly string[],
  { firstSeconds, longestSeconds, attempts }: Delays,
): Retrier {
  return {
    ErrorEquals,
    IntervalSeconds: firstSeconds,
    BackoffRate: 2,
    MaxDelaySeconds: longestSeconds,
    MaxAttempts: attempts,
    JitterStrategy: 'FULL',
  };
}

const QUICK: Delays = { firstSeconds: 1, longestSeconds: 30, attempts: 8 };
const STEADY: Delays = { firstSeconds: 2, longestSeconds: 60, attempts: 8 };
// The limiter has waited in the Lambda for what was near.
const PATIENT: Delays = { firstSeconds: 10, longestSeconds: 60, attempts: 12 };

/** For a step that calls no vendor. */
export const WORKFLOW_RETRY = [retrier(STEP_FAILED, QUICK)];

/** For the step that waits for another run for the same employee, which may try for 72 hours to shut a login. */
export const TURN_RETRY = [
  retrier(['RunBusyError'], { firstSeconds: 2, longestSeconds: 240, attempts: 2200 }),
  ...WORKFLOW_RETRY,
];

/** For the gate, which lets nobody through that it cannot count. */
// The record of an HR system, which is read right before a run acts.
export const SOURCE_RETRY = [retrier(['SourceUnavailableError', ...APP_STEP_FAILED], QUICK)];

export const GATE_RETRY = [retrier(['GateContendedError', ...STEP_FAILED], QUICK)];

/** For the step that waits for a person: its time limit is the end of that, and no fault. */
export const HOLD_RETRY = [
  retrier(['TimeoutError', ...DYNAMODB_IS_BUSY, ...LAMBDA_IS_BUSY, ...LAMBDA_FAILED], QUICK),
];

/** For a step of the reconciliation that calls no vendor, and may write files. */
export const RECONCILIATION_RETRY = [retrier(FILE_STEP_FAILED, QUICK)];

/** For a step in the chain of an app. */
export const APP_RETRY = [
  retrier(VENDOR_REFUSES, PATIENT),
  retrier([...VENDOR_IS_AWAY, ...APP_STEP_FAILED], STEADY),
];

const SOON: Delays = { firstSeconds: 2, longestSeconds: 8, attempts: 3 };

/**
 * For a step that shuts a login. A vendor that is away is left soon, so that the other apps' results are recorded; the
 * login is tried again beside them.
 */
export const SHUT_RETRY = [
  retrier(VENDOR_REFUSES, PATIENT),
  retrier([...VENDOR_IS_AWAY, ...APP_STEP_FAILED], SOON),
];

/** For a step that tries again to shut a login. What else fails is waited for by another state. */
export const AGAIN_RETRY = [
  retrier([...DYNAMODB_IS_BUSY, ...LAMBDA_IS_BUSY, ...SECRETS_MANAGER_IS_BUSY], SOON),
];

/**
 * What may pass within hours, by itself or because a person mends a secret or what the app rejects. An answer that nobody
 * expected, and a rejection, may be that of a vendor under maintenance.
 */
export const MAY_PASS = [
  ...VENDOR_REFUSES,
  ...VENDOR_IS_AWAY,
  ...APP_STEP_FAILED,
  'VendorAuthError',
  'SecretUnreadableError',
  'VendorDailyLimitError',
  'VendorRejectedError',
  'VendorResponseError',
  'VendorUnconfirmedError',
];

/** For a step whose every attempt may act again, such as by sending a mail, although no answer came. */
export const SPARING_RETRY = [
  retrier(['VendorUnavailableError', 'States.Timeout', 'Sandbox.Timedout'], {
    firstSeconds: 60,
    longestSeconds: 120,
    attempts: 2,
  }),
  ...APP_RETRY,
];

/** Short: a vendor that is down must not hold up the other logins; the owner is looked at again before records move. */
export const NEW_OWNER_RETRY = [
  retrier([...VENDOR_REFUSES, ...VENDOR_IS_AWAY, 'States.Timeout', ...DYNAMODB_IS_BUSY, ...LAMBDA_IS_BUSY], {
    firstSeconds: 1,
    longestSeconds: 4,
    attempts: 2,
  }),
];

const VENDOR_PASSES = retrier([...VENDOR_REFUSES, ...VENDOR_IS_AWAY], PATIENT);

/** For a step that walks through an app, and goes on where it was left. */
export const WALK_RETRY = [VENDOR_PASSES, retrier(APP_STEP_FAILED, STEADY)];

/** For a step that reads and writes files. */
export const FILE_RETRY = [retrier(FILE_STEP_FAILED, STEADY)];

/** For a step that calls a vendor, and reads and writes files. */
export const FILE_WALK_RETRY = [VENDOR_PASSES, ...FILE_RETRY];

const COMPLIANCE_PASSES = retrier(['EventsRefusedError', ...FILE_STEP_FAILED], STEADY);

/** For a step of the compliance sync, which puts events on the bus. */
export const COMPLIANCE_RETRY = [COMPLIANCE_PASSES];

/** For a step of the compliance sync that calls Drata too. */
export const COMPLIANCE_WALK_RETRY = [VENDOR_PASSES, COMPLIANCE_PASSES];

/** For the training follow-up, which has weeks. */
export const TRAINING_RETRY = [
  retrier([...VENDOR_REFUSES, ...VENDOR_IS_AWAY], { firstSeconds: 10, longestSeconds: 3600, attempts: 16 }),
  retrier(APP_STEP_FAILED, STEADY),
];

/** For the end of a training follow-up. */
export const TRAINING_CONCLUDE_RETRY = [retrier(APP_STEP_FAILED, STEADY)];
