import * as z from 'zod/mini';
import { Worker } from './worker.ts';

/** What an event has told last of somebody, by field. */
export const Facts = z.object({
  email: z.optional(z.string()),
  firstName: z.optional(z.string()),
  lastName: z.optional(z.string()),
  title: z.optional(z.string()),
  department: z.optional(z.string()),
  managerEmail: z.optional(z.string()),
  timeZone: z.optional(z.string()),
});
export type Facts = z.infer<typeof Facts>;

const ToldHire = z.object({
  /** Whether nobody was told: the person worked here when the source was first read. */
  assumed: z.boolean(),
  startDate: z.nullable(z.string()),
  /** When the accounts are made, as an ISO instant. */
  begins: z.string(),
  /** Stands for what the event said, so that another one is sent when that changes before the moment. */
  content: z.string(),
  /** The apps that the policy gave. */
  apps: z.array(z.string()),
});
export type ToldHire = z.infer<typeof ToldHire>;

const ToldTermination = z.object({
  lastDay: z.string(),
  atOnce: z.boolean(),
  /** When the logins are shut, as an ISO instant. */
  ends: z.string(),
});
export type ToldTermination = z.infer<typeof ToldTermination>;

/** What is known of one record of a source, and what tenure was told of it. */
export const Known = z.object({
  /** Who the person is for tenure. */
  employeeId: z.string(),
  /** All that reads have told so far. */
  worker: Worker,
  facts: Facts,
  hire: z.nullable(ToldHire),
  termination: z.nullable(ToldTermination),
  /** Was to start when the source was first read: nothing is told before the moment. */
  isHeld: z._default(z.boolean(), false),
  /** A last day that the source still shows of somebody who is back. */
  staleLastDay: z._default(z.nullable(z.string()), null),
  /** The first and the last day of a hire that was withdrawn by a last day before the first one. */
  withdrawn: z._default(z.nullable(z.string()), null),
  /** How many complete reads in a row the record was missing from. */
  absences: z._default(z.int(), 0),
  /** When the record is to be looked at again though nothing changes, as an ISO instant. */
  due: z._default(z.nullable(z.string()), null),
  /** When the read began that told this, as an ISO instant. An older read says nothing. */
  readAt: z.string(),
  /** Grows with every write. */
  version: z.int(),
});
export type Known = z.infer<typeof Known>;

/** What a person should look at; ids only. */
export const Finding = z.object({
  kind: z.enum([
    'absent',
    'address_missing',
    'address_missing_soon',
    'another_person',
    'apps_differ',
    'employee_id_elsewhere',
    'employee_id_unusable',
    'fields_hidden',
    'fields_missing',
    'leaving_unreadable',
    'manager_unknown',
    'record_deleted',
    'renamed_before_adoption',
    'start_moved',
  ]),
  sourceId: z.string(),
  employeeId: z.string(),
  note: z.string(),
});
export type Finding = z.infer<typeof Finding>;

/** The fields of a worker that say whether somebody leaves. */
export const SAYS_WHO_LEAVES = ['lastDay', 'status'] as const satisfies (keyof Worker)[];

/** Nothing follows from a field that cannot be read, so a person has to look whether somebody leaves. */
export function unclearFindings(
  { sourceId, employeeNumber }: Worker,
  unreadable: readonly (keyof Worker)[],
): Finding[] {
  const fields = SAYS_WHO_LEAVES.filter((field) => unreadable.includes(field));
  if (fields.length === 0) return [];
  const note = `Whether the person leaves is not known, because ${fields.join(' and ')} cannot be read. Correct it at the source, or declare how it is written.`;
  return [{ kind: 'leaving_unreadable', sourceId, employeeId: employeeNumber ?? sourceId, note }];
}
