import * as z from 'zod/mini';
import { APPS } from '../shared/apps.ts';
import { EmailAddress } from '../shared/email.ts';
import { isTimeZone } from '../shared/moment.ts';
import { PLAIN_FORMAT, RosterFormat } from './roster-format.ts';

const Pattern = z.string().check(z.trim(), z.minLength(1), z.maxLength(200));
const OneOrMore = z.union([Pattern, z.array(Pattern).check(z.minLength(1))]);

const FACTS = {
  department: z.optional(OneOrMore),
  title: z.optional(OneOrMore),
  employmentType: z.optional(OneOrMore),
  location: z.optional(OneOrMore),
};

/** What a rule asks of a person: all that it names has to fit; `*` stands for any text, and case makes no difference. */
export const Condition = z.strictObject(FACTS);
export type Condition = z.infer<typeof Condition>;

const NamedApp = z.strictObject({
  app: z.enum(APPS),
  role: z.optional(z.string().check(z.trim(), z.minLength(1), z.maxLength(200))),
  passwordEmail: z.optional(z.boolean()),
});
const PolicyApp = z.pipe(
  z.union([z.enum(APPS), NamedApp], { error: `must be one of ${APPS.join(', ')}, or { app, role }` }),
  z.transform((app): z.infer<typeof NamedApp> => (typeof app === 'string' ? { app } : app)),
);
const Apps = z.array(PolicyApp).check(
  z.refine((apps) => new Set(apps.map(({ app }) => app)).size === apps.length, {
    error: 'must not name an app twice',
  }),
);

const Zone = z
  .string()
  .check(z.refine(isTimeZone, { error: 'must be an IANA time zone such as Europe/Berlin' }));
const Takeover = z.union([z.literal('manager'), EmailAddress], {
  error: 'must be manager or an email address',
});
const Name = z.string().check(z.trim(), z.minLength(1), z.maxLength(100));

/** Who gets what, and when: the file that a company checks in. */
export const Policy = z.strictObject({
  /** In order: the first rule that fits a person decides. */
  rules: z._default(z.array(z.strictObject({ name: Name, when: z._default(Condition, {}), apps: Apps })), []),
  /** For whom no rule fits. */
  default: z.strictObject({ apps: Apps }),
  timeZones: z.strictObject({
    default: Zone,
    /** By location, as HR writes it. */
    locations: z._default(z.record(z.string(), Zone), {}),
  }),
  /** Who gets a leaver's records. */
  takeover: z._default(
    z.strictObject({
      default: z._default(Takeover, 'manager'),
      departments: z._default(z.record(z.string(), Takeover), {}),
    }),
    { default: 'manager', departments: {} },
  ),
  hires: z._default(
    z.strictObject({
      /** How many days before the first day the accounts are made; 0 is the first day itself. */
      daysBefore: z._default(z.int().check(z.minimum(0), z.maximum(60)), 0),
    }),
    { daysBefore: 0 },
  ),
  leavers: z._default(
    z.strictObject({
      /** Termination reasons for which the logins are shut at once, instead of at the end of the last day. */
      atOnce: z._default(z.array(Pattern), []),
      /** What follows when somebody is missing from two complete reads: nothing but a finding, or a termination. */
      absence: z._default(z.enum(['report', 'terminate']), 'report'),
    }),
    { atOnce: [], absence: 'report' },
  ),
  /** Whom tenure leaves alone. Accounts that it has opened are shut all the same when they leave. */
  outOfScope: z._default(
    z.array(z.strictObject({ ...FACTS, name: z.optional(Name), employeeNumber: z.optional(OneOrMore) })),
    [],
  ),
  /** How the company's roster files are read. */
  roster: z._default(RosterFormat, PLAIN_FORMAT),
});
export type Policy = z.infer<typeof Policy>;
export type OutOfScope = Policy['outOfScope'][number];
