import type { AppPlan, Plan, PlanDifference } from '../../functions/shared/plan.ts';
import { jobOf } from './progress.ts';
import { appName, type View } from './view.ts';

const STATUS_IN_WORDS: Record<Plan['status'], string> = {
  go: 'would act',
  held: 'would be held',
  superseded: 'would do nothing: a later event was accepted before',
  running: 'would do nothing: its run waits or acts already',
  succeeded: 'would do nothing: its run has succeeded already',
  stopped: 'would do nothing: its run was stopped',
};

/** What a run would do, app by app. */
export function planLines(
  { planId, workflow, employeeId, status, moment, held, apps }: Plan,
  view: View,
  now: Date = new Date(),
): string[] {
  const isLater = moment !== null && Date.parse(moment) > now.getTime();
  return [
    `${workflow} of ${employeeId}: ${STATUS_IN_WORDS[status]} (plan ${planId})`,
    ...(isLater ? [`  begins at ${moment}; this is what it would do if it began now`] : []),
    ...held.map(({ detail }) => `  held: ${detail}`),
    ...apps.flatMap(linesIn(view)),
  ];
}

const linesIn =
  (view: View) =>
  ({ app, sentences, held, notKnown, failures, followUps }: AppPlan): string[] => {
    const isNothing = sentences.length === 0 && held.length === 0 && failures.length === 0;
    return [
      `  ${appName(app, view)}: ${isNothing ? 'nothing to change' : sentences.join('; ')}`.trimEnd(),
      ...held.map(({ detail }) => `    held: ${detail}`),
      ...failures.map(
        ({ step, error, message }) => `    ${jobOf({ step, app: null })} would fail: ${error}: ${message}`,
      ),
      ...(notKnown.length === 0 ? [] : [`    known only then: ${notKnown.join(', ')}`]),
      ...followUps.map((text) => `    follow-up: ${text}`),
    ];
  };

/** What is otherwise than planned, app by app. */
export function differenceLines(differences: readonly PlanDifference[], view: View): string[] {
  return differences.flatMap(({ app, planned, now }) => [
    `  ${app === null ? 'The run' : appName(app, view)}:`,
    ...planned.map((line) => `    planned, not now: ${line}`),
    ...now.map((line) => `    now, not planned: ${line}`),
  ]);
}
