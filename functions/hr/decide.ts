import type { HiredDetail } from '../shared/events.ts';
import { comparable, fits, listOf } from './patterns.ts';
import type { Condition, OutOfScope, Policy } from './policy.ts';
import type { Worker } from './worker.ts';

/** What a policy says, and which of its rules says so. */
type Decided<T> = { value: T; from: string };

/** All that follows for one person. */
export type Decision = {
  /** The rule that leaves the person alone; null where none does. */
  outOfScope: string | null;
  apps: Decided<Policy['default']['apps']>;
  timeZone: Decided<string>;
  /** `manager`, or an address. */
  takeover: Decided<string>;
  daysBefore: number;
  /** The pattern of a reason for which the logins are shut at once; null where they are shut at the end of the last day. */
  atOnce: string | null;
};

/** What a policy says of a person. A fact that is unknown fits no rule that asks for it. */
export function decide(policy: Policy, worker: Worker): Decision {
  const reason = worker.terminationReason;
  const pattern =
    reason == null ? undefined : policy.leavers.atOnce.find((candidate) => fits(candidate, reason));
  return {
    outOfScope: outOfScopeOf(policy, worker),
    apps: appsOf(policy, worker),
    timeZone: timeZoneOf(policy, worker),
    takeover: takeoverOf(policy, worker),
    daysBefore: policy.hires.daysBefore,
    atOnce: pattern ?? null,
  };
}

/** Whether a person fits a condition. */
export function applies(condition: Condition | OutOfScope, worker: Worker): boolean {
  const { department, title, employmentType, location } = condition;
  const employeeNumber = 'employeeNumber' in condition ? condition.employeeNumber : undefined;
  return (
    fitsOne(department, [worker.department]) &&
    fitsOne(title, [worker.title]) &&
    fitsOne(location, [worker.location]) &&
    fitsOne(employmentType, [worker.employmentType, employmentTypeOf(worker)]) &&
    fitsOne(employeeNumber, [worker.employeeNumber])
  );
}

/** The employment type as an event has it; undefined where the source's word is none that is known. */
export function employmentTypeOf({
  employmentType,
}: Pick<Worker, 'employmentType'>): HiredDetail['employee']['employmentType'] {
  const word = comparable(employmentType ?? '');
  if (/contract|freelanc|consult|1099|agency/.test(word)) return 'CONTRACTOR';
  if (/part/.test(word)) return 'PART_TIME';
  return /full/.test(word) ? 'FULL_TIME' : undefined;
}

function fitsOne(patterns: Condition['title'], texts: readonly (string | null | undefined)[]): boolean {
  if (patterns === undefined) return true;
  const known = texts.filter((text) => text != null);
  return listOf(patterns).some((pattern) => known.some((text) => fits(pattern, text)));
}

function outOfScopeOf({ outOfScope }: Policy, worker: Worker): string | null {
  const index = outOfScope.findIndex((rule) => applies(rule, worker));
  return index === -1 ? null : (outOfScope[index]?.name ?? `outOfScope ${index + 1}`);
}

function appsOf(policy: Policy, worker: Worker): Decision['apps'] {
  const rule = policy.rules.find(({ when }) => applies(when, worker));
  if (rule === undefined) return { value: policy.default.apps, from: 'default' };
  return { value: rule.apps, from: rule.name };
}

function timeZoneOf({ timeZones }: Policy, { location }: Worker): Decision['timeZone'] {
  const place = Object.keys(timeZones.locations).find(
    (name) => location != null && comparable(name) === comparable(location),
  );
  const zone = place === undefined ? undefined : timeZones.locations[place];
  if (zone === undefined) return { value: timeZones.default, from: 'timeZones.default' };
  return { value: zone, from: `timeZones.locations.${place}` };
}

function takeoverOf({ takeover }: Policy, { department, workEmail }: Worker): Decision['takeover'] {
  const named = Object.entries(takeover.departments).find(
    ([name]) => department != null && comparable(name) === comparable(department),
  );
  const isSelf = (who: string) => workEmail != null && comparable(who) === comparable(workEmail);
  if (named !== undefined && !isSelf(named[1]))
    return { value: named[1], from: `takeover.departments.${named[0]}` };
  // Nobody takes over from themselves.
  if (isSelf(takeover.default)) return { value: 'manager', from: 'takeover.default' };
  return { value: takeover.default, from: 'takeover.default' };
}
