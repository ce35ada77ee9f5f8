import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { APP_DESCRIPTIONS, surfacesInUse } from '../app-descriptions.ts';
import { GateSettings, gateSettingsFromEnvironment } from '../gate/settings.ts';
import { Condition, type Policy } from '../hr/policy.ts';
import { policyFromEnvironment } from '../hr/policy-from-environment.ts';
import { POLICY_VARIABLE } from '../hr/policy-variable.ts';
import { readLimitSetting } from '../rate-limit/limiter.ts';
import type { RateTable } from '../rate-limit/rate-table.ts';
import {
  type Counter,
  dayOf,
  type Limit,
  reservedOf,
  takenNow,
  UNUSED,
  waitOf,
} from '../rate-limit/slots.ts';
import { APPS, type App } from '../shared/apps.ts';
import { canonicalJson } from '../shared/canonical-json.ts';
import { appsFromEnvironment } from '../shared/companys-apps.ts';
import { Dialect, dialectOf } from '../vendor/dialect.ts';
import { counterKey, limitIn, limitVariable, type SurfaceDescription } from '../vendor/surface.ts';

const Count = z.int().check(z.nonnegative());

const SurfaceSettings = z.object({
  surface: z.enum(['rest', 'scim']),
  /** Null where it is not known: then refusals alone tell. */
  limit: z.nullable(
    z.object({
      /** So many calls in any so many milliseconds. */
      capacity: Count,
      windowMs: Count,
      /** Null where there is no daily budget. */
      perDay: z.nullable(Count),
      /** What of it is kept for shutting logins; null where there is none. */
      reservedPerDay: z.nullable(Count),
    }),
  ),
  inUse: z.object({
    /** How much of the window that is under way is given out; null where the limit is not known. */
    window: z.nullable(Count),
    /** How much of the budget of this day, in UTC, is used; null where there is none. */
    day: z.nullable(Count),
    /** How long a call would wait that is made now. */
    waitMs: Count,
    /** Until when the vendor is not called, because it has said that the day's budget is used up; null where it has not. */
    dayOverUntil: z.nullable(z.iso.datetime()),
  }),
});

const AppSettings = z.object({
  app: z.enum(APPS),
  dialect: Dialect,
  surfaces: z.array(SurfaceSettings),
});

const AppsOfRule = z.array(z.object({ app: z.enum(APPS), role: z.nullable(z.string()) }));

const PolicySettings = z.object({
  /** SHA-256 of the policy in JSON with sorted keys: another one is another policy. */
  digest: z.string(),
  /** In order: the first that fits a person decides. */
  rules: z.array(z.object({ name: z.string(), when: Condition, apps: AppsOfRule })),
  /** For whom no rule fits. */
  default: AppsOfRule,
  /** How many days before the first day the accounts are made. */
  hiresDaysBefore: Count,
  /** What follows when somebody is missing from two complete reads. */
  absence: z.enum(['report', 'terminate']),
  /** How many rules say whom tenure leaves alone. */
  outOfScope: Count,
});

/** How tenure is set up here. It names nobody but by employee ids. */
export const Settings = z.object({
  apps: z.array(AppSettings),
  gate: z.object({
    ...z.omit(GateSettings, { protected: true, fourEyes: true }).shape,
    /** Who is protected: by employee id, by so many addresses, and by so many patterns of addresses. */
    protected: z.object({ employeeIds: z.array(z.string()), addresses: Count, patterns: Count }),
    /** Whether nobody may release what they asked for themselves; null is for protected people only. */
    fourEyes: z.nullable(z.boolean()),
  }),
  /** Null on a laptop whose policy.yaml is not usable. */
  policy: z.nullable(PolicySettings),
  /** The path that has what the doctor found last. */
  doctor: z.string(),
});
export type Settings = z.infer<typeof Settings>;
export type SurfaceSettings = z.infer<typeof SurfaceSettings>;

/**
 * The settings of this deployment, and how much of each limit is in use.
 *
 * @param now in epoch milliseconds.
 * @throws InvalidInputError for a setting that is not usable; the SDK's errors.
 */
export async function readSettings(table: Pick<RateTable, 'read'>, now: number): Promise<Settings> {
  return {
    apps: await Promise.all(appsFromEnvironment().map((app) => readApp(table, app, now))),
    gate: gateSettings(gateSettingsFromEnvironment()),
    policy: process.env[POLICY_VARIABLE] === undefined ? null : policySettings(policyFromEnvironment()),
    doctor: '/doctor',
  };
}

async function readApp(
  table: Pick<RateTable, 'read'>,
  app: App,
  now: number,
): Promise<z.infer<typeof AppSettings>> {
  const [first] = APP_DESCRIPTIONS[app].surfaces;
  const dialect = first === undefined ? 'guide' : dialectOf(first);
  const readSurface = async (surface: SurfaceDescription): Promise<SurfaceSettings> => {
    const limit = readLimitSetting(limitVariable(surface)) ?? limitIn(dialect, surface);
    const counter = (await table.read(counterKey(surface))) ?? UNUSED;
    return {
      surface: surface.surface,
      limit: limit === 'unknown' ? null : limitFacts(limit),
      inUse: inUse(counter, limit, now),
    };
  };
  return { app, dialect, surfaces: await Promise.all(surfacesInUse(app, process.env).map(readSurface)) };
}

function limitFacts(limit: Limit): NonNullable<SurfaceSettings['limit']> {
  const { capacity, windowMs, perDay = null } = limit;
  return { capacity, windowMs, perDay, reservedPerDay: perDay === null ? null : reservedOf(limit) };
}

function inUse(counter: Counter, limit: Limit | 'unknown', now: number): SurfaceSettings['inUse'] {
  const hasBudget = limit !== 'unknown' && limit.perDay !== undefined;
  return {
    window: limit === 'unknown' ? null : takenNow(counter, limit, now),
    day: hasBudget ? (counter.used[dayOf(now)] ?? 0) : null,
    waitMs: waitOf(counter, limit, now),
    dayOverUntil: counter.dayOverUntil > now ? new Date(counter.dayOverUntil).toISOString() : null,
  };
}

function gateSettings({ protected: entries, fourEyes, ...rest }: GateSettings): Settings['gate'] {
  const isPattern = (entry: string) => entry.includes('*');
  const isAddress = (entry: string) => !isPattern(entry) && entry.includes('@');
  return {
    ...rest,
    protected: {
      employeeIds: entries.filter((entry) => !isPattern(entry) && !isAddress(entry)),
      addresses: entries.filter(isAddress).length,
      patterns: entries.filter(isPattern).length,
    },
    fourEyes: fourEyes ?? null,
  };
}

function policySettings(policy: Policy): z.infer<typeof PolicySettings> {
  const appsOf = (apps: Policy['default']['apps']) => apps.map(({ app, role = null }) => ({ app, role }));
  return {
    digest: createHash('sha256').update(canonicalJson(policy)).digest('hex'),
    rules: policy.rules.map(({ name, when, apps }) => ({ name, when, apps: appsOf(apps) })),
    default: appsOf(policy.default.apps),
    hiresDaysBefore: policy.hires.daysBefore,
    absence: policy.leavers.absence,
    outOfScope: policy.outOfScope.length,
  };
}
