import { type Document, isNode, LineCounter, parseDocument } from 'yaml';
import * as z from 'zod/mini';
// Gives zod its messages.
import '../shared/issues.ts';
import type { App } from '../shared/apps.ts';
import { comparable, fits, listOf } from './patterns.ts';
import { type Condition, type OutOfScope, Policy } from './policy.ts';

/** A policy, or what is wrong with it: one line for each problem, with the line of the file and the rule. */
export type CheckedPolicy = { policy: Policy; problems: [] } | { policy: null; problems: string[] };

/**
 * Reads a policy in YAML or JSON, and checks all of it.
 *
 * @param name of the file, for the problems.
 * @param apps that the company has.
 */
export function checkPolicy(text: string, name: string, apps: readonly App[]): CheckedPolicy {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, merge: true, prettyErrors: false });
  const wrong = [...document.errors, ...document.warnings].map(
    ({ message, pos }) => `${name}:${lines.linePos(pos[0]).line}: ${message}`,
  );
  if (wrong.length > 0) return { policy: null, problems: wrong };
  const at = (path: readonly PropertyKey[]) => `${name}:${lineOf(document, lines, path)}`;
  let raw: unknown;
  try {
    raw = document.toJS();
  } catch (error) {
    return {
      policy: null,
      problems: [`${name}:1: ${error instanceof Error ? error.message : 'is no YAML'}`],
    };
  }
  const parsed = z.safeParse(Policy, raw);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      ({ path, message }) => `${at(path)}: ${whereIn(raw, path)}${message}`,
    );
    return { policy: null, problems };
  }
  const problems = findFaults(parsed.data, apps).map(
    ({ path, message }) => `${at(path)}: ${whereIn(raw, path)}${message}`,
  );
  return problems.length > 0 ? { policy: null, problems } : { policy: parsed.data, problems: [] };
}

function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true);
    const offset = isNode(node) ? node.range?.[0] : undefined;
    if (offset !== undefined) return lines.linePos(offset).line;
  }
  return 1;
}

const Rules = z.object({ rules: z.array(z.unknown()) });
const Named = z.object({ name: z.string() });

/** Which rule a path leads into, and the rest of the path. */
function whereIn(raw: unknown, path: readonly PropertyKey[]): string {
  const [first, index, ...rest] = path;
  if (first !== 'rules' || typeof index !== 'number')
    return path.length === 0 ? '' : `${path.map(String).join('.')}: `;
  const rule = z.safeParse(Rules, raw).data?.rules[index];
  const name = z.safeParse(Named, rule).data?.name ?? String(index + 1);
  return `rule ${name}: ${rest.length === 0 ? '' : `${rest.map(String).join('.')}: `}`;
}

type Fault = { path: readonly PropertyKey[]; message: string };

function findFaults(policy: Policy, apps: readonly App[]): Fault[] {
  return [...findMissingApps(policy, apps), ...findSameNames(policy), ...findUnreachable(policy)];
}

function findMissingApps({ rules, default: fallback }: Policy, apps: readonly App[]): Fault[] {
  const lists = [
    ...rules.map((rule, index) => ({ path: ['rules', index, 'apps'], apps: rule.apps })),
    { path: ['default', 'apps'], apps: fallback.apps },
  ];
  return lists.flatMap((list) =>
    list.apps.flatMap(({ app, passwordEmail }, index): Fault[] => [
      ...(apps.includes(app)
        ? []
        : [{ path: [...list.path, index], message: `the company does not have ${app}: ${apps.join(', ')}` }]),
      ...(passwordEmail === true && app !== 'driftwood'
        ? [{ path: [...list.path, index], message: 'passwordEmail is for driftwood only' }]
        : []),
    ]),
  );
}

function findSameNames({ rules }: Policy): Fault[] {
  return rules.flatMap(({ name }, index) =>
    rules.findIndex((other) => comparable(other.name) === comparable(name)) === index
      ? []
      : [{ path: ['rules', index], message: 'another rule has this name' }],
  );
}

function findUnreachable({ rules, outOfScope }: Policy): Fault[] {
  const before: { name: string; when: Condition | OutOfScope }[] = outOfScope.map((when, index) => ({
    name: when.name ?? `outOfScope ${index + 1}`,
    when,
  }));
  const faults: Fault[] = [];
  for (const [index, { name, when }] of rules.entries()) {
    const covering = coveredBy(when, before);
    if (covering !== null)
      faults.push({
        path: ['rules', index],
        message: `can never apply, because whoever fits it fits ${covering} before`,
      });
    before.push({ name, when });
  }
  return faults;
}

const FACTS = ['department', 'title', 'employmentType', 'location'] as const;
// A rule that is made of more combinations than this is taken to be reachable.
const MOST_COMBINATIONS = 10_000;

/** The rules that take everybody who fits a condition; null where somebody is left. */
function coveredBy(
  when: Condition,
  before: readonly { name: string; when: Condition | OutOfScope }[],
): string | null {
  const combinations = combinationsOf(when);
  if (combinations === null || before.length === 0) return null;
  const covering = combinations.map((one) => before.find((rule) => covers(rule.when, one)));
  if (covering.includes(undefined)) return null;
  const names = new Set(covering.flatMap((rule) => (rule === undefined ? [] : [rule.name])));
  return new Intl.ListFormat('en').format(names);
}

type Combination = Partial<Record<(typeof FACTS)[number], string>>;

function combinationsOf(when: Condition): Combination[] | null {
  let all: Combination[] = [{}];
  for (const fact of FACTS) {
    const patterns = when[fact];
    if (patterns === undefined) continue;
    const listed = listOf(patterns);
    if (all.length * listed.length > MOST_COMBINATIONS) return null;
    all = all.flatMap((one) => listed.map((pattern) => ({ ...one, [fact]: pattern })));
  }
  return all;
}

function covers(rule: Condition | OutOfScope, one: Combination): boolean {
  if ('employeeNumber' in rule && rule.employeeNumber !== undefined) return false;
  return FACTS.every((fact) => {
    const patterns = rule[fact];
    const text = one[fact];
    if (patterns === undefined) return true;
    return text !== undefined && listOf(patterns).some((pattern) => isWider(pattern, text));
  });
}

/** Whether whatever fits a pattern fits the wider one too. A star stands for itself then, and for all that it stands for. */
function isWider(wider: string, pattern: string): boolean {
  return fits(wider, pattern);
}
