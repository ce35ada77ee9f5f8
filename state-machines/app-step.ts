import { APP_DESCRIPTIONS } from '../functions/app-descriptions.ts';
import { APPS } from '../functions/shared/apps.ts';
import { invoke, type State, WHOLE_INPUT } from './definition.ts';
import { APP_RETRY, SPARING_RETRY } from './retry.ts';

/** The steps of all apps that are retried sparingly. */
const SPARING_STEPS: readonly string[] = APPS.flatMap((app) => APP_DESCRIPTIONS[app].retrySparingly ?? []);

/** An app's outcome, as a step returns it. */
export const OUTCOME = {
  'status.$': '$.Payload.status',
  'account.$': '$.Payload.account',
  'others.$': '$.Payload.others',
  'steps.$': '$.Payload.steps',
  'changes.$': '$.Payload.changes',
  'followUps.$': '$.Payload.followUps',
  'held.$': '$.Payload.held',
} as const;

/**
 * The state of a step that passes an app's outcome on; see `appStep` in functions/shared/step.ts.
 *
 * @param options.seconds how long the step may take.
 * @param options.failed the state that follows what fails for good: one app's failure stops no other.
 */
export function appStepState(step: string, { seconds, failed }: { seconds: number; failed: string }): State {
  return {
    ...invoke(step, WHOLE_INPUT),
    ResultSelector: OUTCOME,
    ResultPath: '$.outcome',
    TimeoutSeconds: seconds,
    Retry: SPARING_STEPS.includes(step) ? SPARING_RETRY : APP_RETRY,
    Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.error', Next: failed }],
  };
}
