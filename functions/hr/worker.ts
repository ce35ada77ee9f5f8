import * as z from 'zod/mini';
import { EmailAddress, withoutInvisible } from '../shared/email.ts';
import { hasNoControls } from '../shared/visible.ts';
import { comparable } from './patterns.ts';

const clean = z.overwrite<string>((text) => withoutInvisible(text).normalize('NFC').trim());
// It stands for a letter that was lost on the way.
const LOST_LETTER = '\ufffd';
const Text = z.string().check(
  clean,
  z.minLength(1),
  z.maxLength(200),
  hasNoControls,
  z.refine((text) => !text.includes(LOST_LETTER), { error: 'must not have lost letters' }),
);
const Name = Text.check(z.refine((text) => !text.includes('@'), { error: 'must not be an address' }));
const Day = z.iso.date();
// It becomes part of a table key, so the separator and control characters stay out.
const Id = z
  .string()
  .check(
    clean,
    z.regex(/^[^#\s\p{C}]{1,100}$/u, { error: 'must be 1 to 100 characters without spaces or #' }),
  );

/** A field of a worker: left out where it is unknown, null where the source says that there is none. */
const known = <T extends z.ZodMiniType>(field: T) => z.optional(z.nullable(field));

/**
 * A person as every HR system can tell of them. A field that is missing is unknown, and says nothing; one that is null
 * was read, and is empty.
 */
export const Worker = z.strictObject({
  /** What the source calls the record; it never changes, whatever else does. */
  sourceId: Id,
  /** The company's own number, which becomes the employee id of tenure; without it the source id does. */
  employeeNumber: known(Id),
  /** The employee number or source id that the person had before, where the source links the two. */
  previousId: known(Id),
  firstName: known(Name),
  lastName: known(Name),
  workEmail: known(EmailAddress),
  title: known(Text),
  department: known(Text),
  location: known(Text),
  /** In the source's own words. */
  employmentType: known(Text),
  /** The source id of the manager. */
  managerId: known(Id),
  /** The manager's address, where the source tells it instead of an id. */
  managerEmail: known(EmailAddress),
  /** The first working day; of somebody who came back, the first after that. */
  startDate: known(Day),
  /** The last working day. */
  lastDay: known(Day),
  /** In the source's own words. */
  terminationReason: known(Text),
  status: z.optional(z.enum(['prehire', 'active', 'leave', 'inactive'])),
});
export type Worker = z.infer<typeof Worker>;

/** What is known of a worker after a read: what it tells takes the place of what was known, and the rest stays. */
export function mergeWorker(before: Worker | null, now: Worker): Worker {
  const told = Object.fromEntries(Object.entries(now).filter(([, value]) => value !== undefined));
  return { ...before, ...told, sourceId: now.sourceId };
}

/** Whether neither the first nor the last name is what it was. A name that is not known is no other one. */
export function hasOtherNames(one: Names, other: Names): boolean {
  const isOther = (before: string | null | undefined, now: string | null | undefined) =>
    before != null && now != null && comparable(before) !== comparable(now);
  return isOther(one.firstName, other.firstName) && isOther(one.lastName, other.lastName);
}

type Names = { firstName?: string | null | undefined; lastName?: string | null | undefined };
