import * as z from 'zod/mini';
import { APPS } from '../shared/apps.ts';
import { InvalidInputError } from '../shared/errors.ts';
import { describeIssues } from '../shared/issues.ts';
import { parseJson } from '../shared/json.ts';
import { Workflow } from '../shared/workflow.ts';

/** The variable that holds the settings of the gate, as JSON. What it leaves out is as in docs/guide/safety.md. */
export const GATE_VARIABLE = 'TENURE_GATE';

/** How many people may go through in 24 hours: the larger of the two. In 7 days it is twice as many. */
const Limit = (people: number, percent: number) =>
  z._default(
    z.strictObject({
      people: z._default(z.int().check(z.minimum(0)), people),
      /** Of the people who are known to work here. */
      percent: z._default(z.number().check(z.minimum(0), z.maximum(100)), percent),
    }),
    { people, percent },
  );
export type Limit = { people: number; percent: number };

const Days = (days: number) => z._default(z.number().check(z.positive(), z.maximum(300)), days);
const Texts = z._default(z.array(z.string().check(z.minLength(1))), []);

/** What is held, and for how long. */
export const GateSettings = z.strictObject({
  limits: z._default(z.strictObject({ offboarding: Limit(5, 5), onboarding: Limit(50, 50) }), () => ({
    offboarding: { people: 5, percent: 5 },
    onboarding: { people: 50, percent: 50 },
  })),
  /** Employee ids, addresses, and address patterns with `*`: owners, executives, service accounts. */
  protected: Texts,
  /** What a person has to approve: whole workflows, whatever touches an app, and roles by their exact names. */
  approval: z._default(
    z.strictObject({
      workflows: z._default(z.array(Workflow), []),
      apps: z._default(z.array(z.enum(APPS)), []),
      roles: Texts,
    }),
    () => ({ workflows: [], apps: [], roles: [] }),
  ),
  /** After how many hours a run that is due is late. */
  lateHours: z._default(z.number().check(z.positive()), 24),
  /** After how many days a held run expires. */
  expiryDays: z._default(
    z.strictObject({ offboarding: Days(7), onboarding: Days(30), update: Days(30) }),
    () => ({ offboarding: 7, onboarding: 30, update: 30 }),
  ),
  /** Whether nobody may release what they asked for themselves; where it is left out, for protected people only. */
  fourEyes: z.optional(z.boolean()),
});
export type GateSettings = z.infer<typeof GateSettings>;

/**
 * The settings as a person writes them.
 *
 * @throws InvalidInputError with every field that is wrong.
 */
export function parseGateSettings(text: string): GateSettings {
  const parsed = z.safeParse(GateSettings, text === '' ? {} : parseJson(text));
  if (parsed.success) return parsed.data;
  throw new InvalidInputError(`${GATE_VARIABLE} is not usable. ${describeIssues(parsed.error).join('; ')}`);
}

/** The settings of this deployment, from the environment. @throws InvalidInputError as `parseGateSettings` */
export function gateSettingsFromEnvironment(): GateSettings {
  return parseGateSettings(process.env[GATE_VARIABLE] ?? '');
}
