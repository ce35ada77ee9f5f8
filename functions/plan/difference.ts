import { canonicalJson } from '../shared/canonical-json.ts';
import type { AppPlan, Plan, PlanDifference } from '../shared/plan.ts';

// Whoever has to see all of a thousand records compares the plans.
const MOST_LINES = 20;

/** How two plans for one request differ, in what would be done, held or fail; none where they are the same. */
export function differenceOf(planned: Plan, now: Plan): PlanDifference[] {
  if (planned.planId === now.planId) return [];
  const apps = [...new Set([...planned.apps, ...now.apps].map(({ app }) => app))];
  const inApp = ({ apps: all }: Plan, app: AppPlan['app']) => all.find((one) => one.app === app);
  return [
    between(null, linesOf(planned), linesOf(now)),
    ...apps.map((app) => inOneApp(app, inApp(planned, app), inApp(now, app))),
  ].filter((one) => one.planned.length > 0 || one.now.length > 0);
}

function inOneApp(
  app: AppPlan['app'],
  planned: AppPlan | undefined,
  now: AppPlan | undefined,
): PlanDifference {
  const sentences = between(app, appLines(planned), appLines(now));
  if (sentences.planned.length > 0 || sentences.now.length > 0) return sentences;
  // Other records, as many as before.
  return between(app, requestsOf(planned), requestsOf(now));
}

function linesOf({ status, held }: Plan): string[] {
  return [`status: ${status}`, ...held.map(({ detail }) => `held: ${detail}`)];
}

function appLines(plan: AppPlan | undefined): string[] {
  if (plan === undefined) return [];
  return [
    `account: ${plan.account ?? 'none yet'}`,
    ...plan.sentences,
    ...plan.held.map(({ detail }) => `held: ${detail}`),
    ...plan.failures.map(({ step, error }) => `${step} would fail: ${error}`),
  ];
}

function requestsOf(plan: AppPlan | undefined): string[] {
  return (plan?.writes ?? []).map(({ method, path, body }) => `${method} ${path} ${canonicalJson(body)}`);
}

function between(
  app: PlanDifference['app'],
  planned: readonly string[],
  now: readonly string[],
): PlanDifference {
  return { app, planned: shortened(without(planned, now)), now: shortened(without(now, planned)) };
}

function without(lines: readonly string[], others: readonly string[]): string[] {
  const known = new Set(others);
  return [...new Set(lines)].filter((line) => !known.has(line));
}

function shortened(lines: readonly string[]): string[] {
  if (lines.length <= MOST_LINES) return [...lines];
  return [...lines.slice(0, MOST_LINES), `and ${lines.length - MOST_LINES} more`];
}
