import { APP_DESCRIPTIONS } from '../functions/app-descriptions.ts';
import { APPS } from '../functions/shared/apps.ts';
import { INPUT_AND_COUNTS, invoke, type State } from './definition.ts';
import { APP_RETRY, type Retrier, SPARING_RETRY } from './retry.ts';

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
  'asks.$': '$.Payload.asks',
  'unwritten.$': '$.Payload.unwritten',
  'held.$': '$.Payload.held',
} as const;

/**
 * The state of a step that passes an app's outcome on; see `appStep` in functions/shared/step.ts.
 *
 * @param options.seconds how long the step may take.
 * @param options.failed the state that follows what fails for good: one app's failure stops no other.
 * @param options.retry what is retried; unless given, as steps in apps are.
 * @param options.mayPass what is given up soon, as it is tried again later; where its error is put, and which state
 *   follows.
 */
export function appStepState(
  step: string,
  options: {
    seconds: number;
    failed: string;
    retry?: readonly Retrier[];
    mayPass?: { errors: readonly string[]; ResultPath: string; Next: string };
  },
): State {
  const { seconds, failed, mayPass, retry = retryOf(step) } = options;
  return {
    ...invoke(step, INPUT_AND_COUNTS),
    ResultSelector: OUTCOME,
    ResultPath: '$.outcome',
    TimeoutSeconds: seconds,
    Retry: retry,
    Catch: [
      ...(mayPass === undefined ? [] : [catchOf(mayPass)]),
      { ErrorEquals: ['States.ALL'], ResultPath: '$.error', Next: failed },
    ],
  };
}

function retryOf(step: string): readonly Retrier[] {
  return SPARING_STEPS.includes(step) ? SPARING_RETRY : APP_RETRY;
}

function catchOf({ errors, ...then }: { errors: readonly string[]; ResultPath: string; Next: string }) {
  return { ErrorEquals: errors, ...then };
}
