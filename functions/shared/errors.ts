import { APP_TITLES, type App } from './apps.ts';

/**
 * What an error may tell about a vendor call. There is no room for headers, bodies or query strings on
 * purpose: they hold tokens and personal data, and an error ends up in logs and in the execution history.
 */
export type VendorCall = {
  vendor: App;
  operation: string;
  method: string;
  path: string;
  status?: number;
};

// The names are literals because Amazon States Language matches `error.name` and minifiers rename classes.

/** HTTP 429 or the vendor's equivalent, or a slot too far away to wait for. Retried by the state machines. */
export class VendorRateLimitedError extends Error {
  override readonly name = 'VendorRateLimitedError';
  readonly call: VendorCall;
  /** How long to wait, in milliseconds; undefined when the vendor does not say. */
  readonly retryAfterMs: number | undefined;

  constructor(call: VendorCall, retryAfterMs: number | undefined) {
    const wait = retryAfterMs === undefined ? '' : ` for ${Math.ceil(retryAfterMs / 1000)} s`;
    super(`${describe(call)} was refused by the rate limit${wait}. It is retried; nothing needs to be done.`);
    this.call = call;
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * The vendor's daily budget is used up, or what is left of it is kept for shutting logins. Retrying within the day is
 * pointless, so it is not retried.
 */
export class VendorDailyLimitError extends Error {
  override readonly name = 'VendorDailyLimitError';
  readonly call: VendorCall;
  /** How long until it may be done again, in milliseconds. */
  readonly retryAfterMs: number;
  /** When that is, in UTC. */
  readonly again: string;

  constructor(call: VendorCall, { now, waitMs, knownBy, isReserved = false, isForLogin }: DailyLimit) {
    const again = `${new Date(now + waitMs).toISOString().slice(0, 19)}Z`;
    const did = call.status === undefined ? 'was not sent' : 'was refused';
    const why = isReserved
      ? 'what is left of the daily request budget is kept for shutting logins'
      : 'the daily request budget is used up';
    const title = APP_TITLES[call.vendor];
    const when = {
      vendor: `${title} says that it is new at ${again}.`,
      utc: `By the days of UTC it is new at ${again}; ${title} may count other days.`,
      nobody: `${title} is asked at ${again} whether it is new.`,
    };
    const todo = isForLogin
      ? `If the login cannot stay open until then, deactivate the account in ${title}.`
      : 'The run does not try again by itself; do this again after that.';
    super(`${describe(call)} ${did}: ${why}. ${when[knownBy]} ${todo}`);
    this.call = call;
    this.retryAfterMs = waitMs;
    this.again = again;
  }
}

type DailyLimit = {
  /** Both in milliseconds, `now` since 1970. */
  now: number;
  waitMs: number;
  /** Who says that it is new then; `nobody` where the vendor is only asked again. */
  knownBy: 'vendor' | 'utc' | 'nobody';
  /** Whether something is left, for what is more urgent. */
  isReserved?: boolean;
  /** Whether the call is needed to shut a login, which is tried again by itself. */
  isForLogin: boolean;
};

/** 5xx, a broken connection or no answer in time. Retried by the state machines. */
export class VendorUnavailableError extends Error {
  override readonly name = 'VendorUnavailableError';
  readonly call: VendorCall;

  constructor(call: VendorCall, reason: string) {
    super(
      `${describe(call)} ${reason}. If retrying does not help, look at the vendor's status page and play the event again.`,
    );
    this.call = call;
  }
}

/** The count that all Lambdas share cannot be read or written, so the call was not sent. Retried. */
export class LimiterUnavailableError extends Error {
  override readonly name = 'LimiterUnavailableError';
  readonly call: VendorCall;

  constructor(call: VendorCall, reason: string) {
    super(
      `${describe(call)} was not sent, because the coordination table could not be used (${reason}). It is retried; if that does not help, look at that table.`,
    );
    this.call = call;
  }
}

/** The vendor does not accept the credential, or it lacks the right. A person has to mend the secret. */
export class VendorAuthError extends Error {
  override readonly name = 'VendorAuthError';
  readonly call: VendorCall;

  constructor(call: VendorCall, secretName: string, advice = 'Store one that is valid and may do this.') {
    super(`${describe(call)} did not accept the credential in the secret ${secretName}. ${advice}`);
    this.call = call;
  }
}

/** The vendor understood the request and said no. */
export class VendorRejectedError extends Error {
  override readonly name = 'VendorRejectedError';
  readonly call: VendorCall;
  /** The vendor's machine-readable error code, when it gave one. */
  readonly code: string | undefined;

  constructor(call: VendorCall, options: { code?: string | undefined; advice?: string } = {}) {
    const code = options.code === undefined ? '' : ` (${options.code})`;
    super(
      `${describe(call)} was rejected${code}. ${options.advice ?? 'Compare the account in the app with the event.'}`,
    );
    this.call = call;
    this.code = options.code;
  }
}

/** The answer is not what the vendor documents. */
export class VendorResponseError extends Error {
  override readonly name = 'VendorResponseError';
  readonly call: VendorCall;

  constructor(
    call: VendorCall,
    problem: string,
    advice = 'Check the base URL; if it is right, the vendor changed its API.',
  ) {
    super(`${describe(call)} answered something unexpected: ${problem}. ${advice}`);
    this.call = call;
  }
}

/** Whether the vendor would answer the same again, so that only a person can help. */
export function isForGood(error: unknown): error is Error {
  return (
    error instanceof VendorAuthError ||
    error instanceof VendorRejectedError ||
    error instanceof VendorResponseError
  );
}

/** Whether the vendor said that the credential may not, and not that it is no credential. */
export function isForbidden(error: unknown): error is VendorAuthError {
  return error instanceof VendorAuthError && error.call.status === 403;
}

/** The vendor answered that it wrote, but reading back shows the old value. */
export class VendorUnconfirmedError extends Error {
  override readonly name = 'VendorUnconfirmedError';

  constructor(vendor: App, operation: string, subject: string) {
    super(
      `${APP_TITLES[vendor]} ${operation}: the write was accepted, but reading back ${subject} still shows the old value. Look at it in the app, then play the event again.`,
    );
  }
}

/** More than one account matches; guessing could hit the wrong person. */
export class AmbiguousUserError extends Error {
  override readonly name = 'AmbiguousUserError';

  constructor(vendor: App, ids: readonly (string | number)[]) {
    super(
      `${APP_TITLES[vendor]} has more than one account with exactly this email: ${ids.join(', ')}. Leave one in the app, then play the event again.`,
    );
  }
}

/** The account exists, but the API that tenure has cannot change it. */
export class AccountNotManagedError extends Error {
  override readonly name = 'AccountNotManagedError';

  constructor(vendor: App, vendorUserId: string | number) {
    super(
      `${APP_TITLES[vendor]} account ${vendorUserId} is not managed through SCIM, so it cannot be changed from here. Do it in the app, or bring it under SCIM and play the event again.`,
    );
  }
}

/** Something in the event cannot be done as asked; thrown before anything is written. */
export class InvalidInputError extends Error {
  override readonly name = 'InvalidInputError';
  /** `unknown` names somebody whom nobody knows, `conflict` what another decision rules out. */
  readonly reason: 'invalid' | 'unknown' | 'conflict';

  constructor(message: string, reason: 'invalid' | 'unknown' | 'conflict' = 'invalid') {
    super(message);
    this.reason = reason;
  }
}

/** An HR system could not be asked, or was too busy. Retried; the next poll asks again. */
export class SourceUnavailableError extends Error {
  override readonly name = 'SourceUnavailableError';

  constructor(source: string, operation: string, reason: string) {
    super(
      `${source} ${operation} ${reason}. It is asked again; if that does not help, look at its status page.`,
    );
  }
}

/** An HR system said no, or answered in another form than it documents. A person has to look. */
export class SourceRefusedError extends Error {
  override readonly name = 'SourceRefusedError';

  constructor(source: string, operation: string, reason: string) {
    super(`${source} ${operation} ${reason}. Check the secret, its permissions and the base URL.`);
  }
}

/** Why an account is not the one of the employee in question. */
export type IdentityConflictReason =
  | 'recorded_for_another'
  | 'address_of_another'
  | 'renamed_to_another'
  | 'renamed_to_unknown'
  | 'other_external_id'
  | 'other_name'
  | 'no_name';

/** The account is somebody else's, or may be. A person has to say whose; ids are all that it tells. */
export class IdentityConflictError extends Error {
  override readonly name = 'IdentityConflictError';
  readonly app: App;
  /** Null where it is the event that names somebody else. */
  readonly vendorUserId: string | null;
  /** Whose it is, as far as tenure knows; null when it does not. */
  readonly ownerId: string | null;
  readonly reason: IdentityConflictReason;

  /** @param conflict.employeeId whose account was looked for; left out where that is not known. */
  constructor(
    app: App,
    vendorUserId: string | null,
    ownerId: string | null,
    conflict: { employeeId?: string; reason?: IdentityConflictReason } = {},
  ) {
    const { employeeId, reason = 'recorded_for_another' } = conflict;
    const what = describeConflict(reason, ownerId ?? 'unknown');
    const which = vendorUserId === null ? 'The event' : `${APP_TITLES[app]} account ${vendorUserId}`;
    super(`${which} ${what}. ${conflictAdvice(ownerId, employeeId)}`);
    this.app = app;
    this.vendorUserId = vendorUserId;
    this.ownerId = ownerId;
    this.reason = reason;
  }
}

/** Another run for the same employee acts. Retried: the turn comes when that one is over. */
export class RunBusyError extends Error {
  override readonly name = 'RunBusyError';
  /** The message for whoever asks for something that does not wait by itself. */
  readonly forCaller: string;

  constructor(employeeId: string, active: string) {
    super(
      `The run ${active} for employee ${employeeId} is not over; this one begins after it. Nothing needs to be done.`,
    );
    this.forCaller = `The run ${active} for employee ${employeeId} is not over. Wait for its end, and ask again.`;
  }
}

/** An execution goes on by a redrive where it acts, and nobody has looked since whether it is still current. */
export class RedrivenError extends Error {
  override readonly name = 'RedrivenError';

  constructor(step: string) {
    super(
      `${step} was to go on by a redrive, and a later event may have been accepted meanwhile. The step has done nothing. Send the event again.`,
    );
  }
}

/** More runs were counted at once than one could be counted among. Retried; nobody is let through meanwhile. */
export class GateContendedError extends Error {
  override readonly name = 'GateContendedError';

  constructor(employeeId: string) {
    super(
      `So many runs are at the gate that the one for employee ${employeeId} could not be counted. It is tried again; nothing needs to be done.`,
    );
  }
}

function describeConflict(reason: IdentityConflictReason, owner: string): string {
  switch (reason) {
    case 'recorded_for_another':
      return `is recorded as the account of employee ${owner}`;
    case 'address_of_another':
      return `has the address of employee ${owner}`;
    case 'renamed_to_another':
      return `is recorded for this employee, and has the address of employee ${owner} by now`;
    case 'renamed_to_unknown':
      return 'is recorded for this employee, and has an address and a name or external id of somebody else by now';
    case 'other_external_id':
      return "has this employee's address and the external id of somebody else";
    case 'other_name':
      return "has this employee's address and the name of somebody else";
    case 'no_name':
      return 'has an address that only this event gives the employee, and no name that could tell whose it is';
  }
}

function conflictAdvice(ownerId: string | null, employeeId = 'NEW'): string {
  if (ownerId === null)
    return `If it is the account of employee ${employeeId}, correct its address, name or external id in the app, or name the id that the person had before as previousEmployeeId of the hire (or POST /employees/${employeeId}/takeover, or npm start -- takeover OLD ${employeeId}). If it is not, give it another address there. Then play the event again.`;
  return `If both are one person, give ${ownerId} as previousEmployeeId of the hire of ${employeeId}, or take the account over with POST /employees/${employeeId}/takeover or npm start -- takeover ${ownerId} ${employeeId}. If not, correct the address in the event or in the app. Then play the event again.`;
}

/** There are too many records for one invocation. Nothing was written yet; the state machine goes on in parts. */
export class HandOverInPartsError extends Error {
  override readonly name = 'HandOverInPartsError';

  constructor(step: string, found: number, what: string) {
    super(
      `${step} found ${found} ${what} or more, which are handed over in parts. Nothing needs to be done.`,
    );
  }
}

/** The run is over and its report is written, but something is left open. */
export class RunIncompleteError extends Error {
  override readonly name = 'RunIncompleteError';
}

function describe({ vendor, operation, method, path, status }: VendorCall): string {
  const answer = status === undefined ? '' : ` (HTTP ${status})`;
  return `${APP_TITLES[vendor]} ${operation}: ${method} ${path}${answer}`;
}
