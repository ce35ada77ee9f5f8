import * as z from 'zod/mini';
import { APPS } from './apps.ts';
import { appsFromEnvironment, CompanysApp } from './companys-apps.ts';
import { EmailAddress } from './email.ts';
import { InvalidInputError } from './errors.ts';
import { HR_SOURCES } from './hr-sources.ts';
import { endOfDay, isTimeZone, startOfDay } from './moment.ts';
import { hasNoControls } from './visible.ts';

// The HR events as EventBridge delivers them:
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html

const Text = z.string().check(z.trim(), z.minLength(1), z.maxLength(200), hasNoControls);
// Nobody works before 1900, but a year is easily written with a digit too few.
const isOurTime = z.refine<string>((date) => date >= '1900', { error: 'must be a year from 1900 on' });
const CalendarDay = z.iso.date({ abort: true }).check(isOurTime);
const TimeZone = z
  .string()
  .check(z.refine(isTimeZone, { error: 'must be an IANA time zone such as Europe/Berlin' }));
// An id becomes part of a table key, so the separator and control characters stay out.
export const EmployeeId = z
  .string()
  .check(z.regex(/^[^#\s\p{C}]{1,100}$/u, { error: 'must be 1 to 100 characters without spaces or #' }));

/** The HR system's own count of its events, which goes before the time where both events have one. */
const Sequence = z.optional(z.int().check(z.nonnegative()));

/**
 * Where an event came from that tenure itself has made, out of a difference between two reads of an HR system. The
 * same difference is the same event, however often it is put on the bus.
 */
const HrRecord = z.optional(
  z.object({
    source: z.enum(HR_SOURCES),
    /** The source's own id of the record. */
    sourceId: z.string().check(z.minLength(1), z.maxLength(100)),
    difference: z.string().check(z.regex(/^[\w-]{1,100}$/)),
  }),
);

const hasNoAppTwice = (apps: readonly { app: string }[]) =>
  new Set(apps.map(({ app }) => app)).size === apps.length;
const distinctApps = <T extends { app: string }>() =>
  z.refine<T[]>(hasNoAppTwice, { error: 'must not name an app twice' });

const mailsPasswordsFromDriftwood = z.refine<{ app: string; passwordEmail?: boolean | undefined }[]>(
  (apps) => apps.every(({ app, passwordEmail }) => app === 'driftwood' || passwordEmail !== true),
  { error: 'passwordEmail is for driftwood only' },
);

/** Whether a person has to release the run before it acts. */
const RequiresApproval = z.optional(z.boolean());

/** The `detail` of `employee.hired`; also what a manual execution of the onboarding takes as its input. */
export const HiredDetail = z.object({
  employee: z.object({
    employeeId: EmployeeId,
    email: EmailAddress,
    firstName: Text,
    lastName: Text,
    title: z.optional(Text),
    department: z.optional(Text),
    employmentType: z.optional(z.enum(['FULL_TIME', 'CONTRACTOR', 'PART_TIME'])),
    startDate: CalendarDay,
    managerEmail: z.optional(EmailAddress),
    timeZone: z.optional(TimeZone),
  }),
  /** The number that the person had before: a converted contractor, a rehire under a new number, a new HR system. */
  previousEmployeeId: z.optional(EmployeeId),
  sequence: Sequence,
  requiresApproval: RequiresApproval,
  apps: z
    .array(
      z.object({
        app: CompanysApp,
        role: z.optional(Text),
        /** Whether to mail a link by which the person sets their password; Driftwood CRM only. */
        passwordEmail: z.optional(z.boolean()),
      }),
    )
    .check(z.minLength(1), distinctApps(), mailsPasswordsFromDriftwood),
  /** `now`, so that the accounts are ready before the first day, or that day at 00:00 where the employee is. */
  when: z._default(z.enum(['now', 'startDate']), 'now'),
  /** With `startDate`: how many days before it the accounts are made. */
  daysBefore: z.optional(z.int().check(z.minimum(0), z.maximum(60))),
  record: HrRecord,
});
export type HiredDetail = z.infer<typeof HiredDetail>;

/** The `detail` of `employee.terminated`; also what a manual execution of the offboarding takes as its input. */
export const TerminatedDetail = z.object({
  employee: z.object({ employeeId: EmployeeId, email: EmailAddress }),
  lastWorkingDay: CalendarDay,
  timeZone: TimeZone,
  when: z.enum(['now', 'endOfLastWorkingDay']),
  sequence: Sequence,
  requiresApproval: RequiresApproval,
  /** Who gets the leaver's records; without it the manager known from the hire. */
  reassignTo: z.optional(EmailAddress),
  record: HrRecord,
  /**
   * All that the company has by default: an account that nobody mapped is exactly the one that is forgotten. Another
   * app is no reason to refuse a leaver: it is named in the report, and the others are shut.
   */
  apps: z._default(z.array(z.object({ app: z.enum(APPS) })).check(z.minLength(1), distinctApps()), () =>
    appsFromEnvironment().map((app) => ({ app })),
  ),
});
export type TerminatedDetail = z.infer<typeof TerminatedDetail>;

const Reason = z.optional(Text);

/** The `detail` of `termination.rescinded` and of `hire.rescinded`. */
export const RescindedDetail = z.object({
  employee: z.object({ employeeId: EmployeeId }),
  reason: Reason,
  sequence: Sequence,
  record: HrRecord,
  requiresApproval: RequiresApproval,
});
export type RescindedDetail = z.infer<typeof RescindedDetail>;

const NEW_FACTS = [
  'email',
  'firstName',
  'lastName',
  'title',
  'department',
  'managerEmail',
  'timeZone',
] as const;

/** The `detail` of `employee.updated`: what is new about somebody who works here. */
export const UpdatedDetail = z.object({
  employee: z
    .object({
      employeeId: EmployeeId,
      email: z.optional(EmailAddress),
      firstName: z.optional(Text),
      lastName: z.optional(Text),
      title: z.optional(Text),
      department: z.optional(Text),
      managerEmail: z.optional(EmailAddress),
      timeZone: z.optional(TimeZone),
    })
    .check(
      z.refine((employee) => NEW_FACTS.some((fact) => employee[fact] !== undefined), {
        error: `must name what is new: ${NEW_FACTS.join(', ')}`,
      }),
    ),
  sequence: Sequence,
  record: HrRecord,
  requiresApproval: RequiresApproval,
});
export type UpdatedDetail = z.infer<typeof UpdatedDetail>;

/** The `detail` of each kind of event. */
export const DETAILS = {
  'employee.hired': HiredDetail,
  'employee.terminated': TerminatedDetail,
  'termination.rescinded': RescindedDetail,
  'hire.rescinded': RescindedDetail,
  'employee.updated': UpdatedDetail,
};

const envelope = {
  id: z.string().check(z.minLength(1), hasNoControls),
  source: z.literal('hr'),
  time: z.iso.datetime({ offset: true, abort: true }).check(isOurTime),
  /** An archive sends it again: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-replay-archived-event.html */
  'replay-name': z.optional(z.string()),
};

export const HiredEvent = z.object({
  ...envelope,
  'detail-type': z.literal('employee.hired'),
  detail: HiredDetail,
});

export const TerminatedEvent = z.object({
  ...envelope,
  'detail-type': z.literal('employee.terminated'),
  detail: TerminatedDetail,
});

export const TerminationRescindedEvent = z.object({
  ...envelope,
  'detail-type': z.literal('termination.rescinded'),
  detail: RescindedDetail,
});

export const HireRescindedEvent = z.object({
  ...envelope,
  'detail-type': z.literal('hire.rescinded'),
  detail: RescindedDetail,
});

export const UpdatedEvent = z.object({
  ...envelope,
  'detail-type': z.literal('employee.updated'),
  detail: UpdatedDetail,
});

/** Any HR event that tenure acts on. */
export const HrEvent = z.discriminatedUnion('detail-type', [
  HiredEvent,
  TerminatedEvent,
  TerminationRescindedEvent,
  HireRescindedEvent,
  UpdatedEvent,
]);
export type HrEvent = z.infer<typeof HrEvent>;

// Employees without a time zone of their own start their day with this one.
const DEFAULT_TIME_ZONE = 'UTC';

const DAY_MS = 86_400_000;
// A Step Functions execution lasts a year at the most, and after the wait there is still something to do.
const LONGEST_WAIT_DAYS = 364;
/** The variable with the longest wait of a run in days, where runs are not on Step Functions. */
export const LONGEST_WAIT_VARIABLE = 'LONGEST_WAIT_DAYS';
const LONGEST_AGO_DAYS = 31;

/**
 * The instant at which the onboarding begins; in the past when it may begin at once.
 *
 * @throws InvalidInputError when it is further ahead than a run can wait.
 */
export function onboardingMoment({ employee, when, daysBefore = 0 }: HiredDetail, now: Date): Date {
  if (when === 'now') return now;
  const zone = employee.timeZone ?? DEFAULT_TIME_ZONE;
  return withinReach(startOfDay(employee.startDate, zone, -daysBefore), now);
}

/**
 * The instant at which the offboarding begins; in the past when it may begin at once.
 *
 * @throws InvalidInputError when it is further ahead than a run can wait, or so long ago that the day is probably
 *   mistyped.
 */
export function offboardingMoment({ lastWorkingDay, timeZone, when }: TerminatedDetail, now: Date): Date {
  if (when === 'now') return now;
  const moment = endOfDay(lastWorkingDay, timeZone);
  if (now.getTime() - moment.getTime() > LONGEST_AGO_DAYS * DAY_MS)
    throw new InvalidInputError(
      `The last working day ${lastWorkingDay} is more than ${LONGEST_AGO_DAYS} days ago, which is probably a mistake. Correct lastWorkingDay; if it is right, send the event with "when": "now".`,
    );
  return withinReach(moment, now);
}

/**
 * The instant at which an event's run begins to act; in the past when it may begin at once.
 *
 * @throws InvalidInputError as `onboardingMoment` and `offboardingMoment` do.
 */
export function momentOf(event: HrEvent, now: Date): Date {
  switch (event['detail-type']) {
    case 'employee.hired':
      return onboardingMoment(event.detail, now);
    case 'employee.terminated':
      return offboardingMoment(event.detail, now);
    default:
      return now;
  }
}

function withinReach(moment: Date, now: Date): Date {
  const days = Number(process.env[LONGEST_WAIT_VARIABLE] ?? LONGEST_WAIT_DAYS);
  if (moment.getTime() - now.getTime() <= days * DAY_MS) return moment;
  throw new InvalidInputError(
    `The run would begin at ${moment.toISOString()}, and it can wait for ${days} days at most. Correct the day; if it is right, send the event again when it is less far away.`,
  );
}
