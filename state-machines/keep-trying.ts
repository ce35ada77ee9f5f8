import { appsWith } from '../functions/app-descriptions.ts';
import type { App } from '../functions/shared/apps.ts';
import { appStates, firstState } from './app-chains.ts';
import { appStepState } from './app-step.ts';
import { invoke, type State } from './definition.ts';
import { AGAIN_RETRY, MAY_PASS, WORKFLOW_RETRY } from './retry.ts';

// An attempt that fails takes three transitions: what follows is decided, waited for, and tried.

/** What the name of a state ends with, whose step another state runs too: a state machine has each name once. */
export const AGAIN = 'Again';

/** The choices that lead an app's item whose login is open to the first state that tries it again. */
export function keepTryingChoices(): object[] {
  return appsWith('shut').map((app) => ({
    And: [
      { Variable: '$.recorded.goesOn', StringEquals: 'try' },
      { Variable: '$.app', StringEquals: app },
    ],
    Next: decideState(app),
  }));
}

/**
 * The states that go on trying to shut a login, app by app, and record that it is shut.
 *
 * @param options.failed the state for what no retry mends, and for what took too long.
 * @param options.next the state in which an app goes on whose login is shut.
 */
export function keepTryingStates({ failed, next }: { failed: string; next: string }): Record<string, State> {
  const record = `WorkflowRecordAccounts${AGAIN}`;
  const tries = appStates(
    'shut',
    (step, app) =>
      appStepState(step, {
        seconds: 300,
        retry: AGAIN_RETRY,
        failed,
        mayPass: { errors: MAY_PASS, ResultPath: '$.trouble', Next: decideState(app) },
      }),
    { Next: record },
    AGAIN,
  );
  return {
    ...Object.assign({}, ...appsWith('shut').map((app) => decideAndWait(app, failed))),
    ...tries,
    [record]: {
      ...invoke('WorkflowRecordAccounts', {
        Payload: {
          workflow: 'offboarding',
          'execution.$': '$$.Execution.Name',
          'startedAt.$': '$$.Execution.StartTime',
          'employee.$': '$.employee',
          'lastWorkingDay.$': '$.lastWorkingDay',
          'reassignTo.$': '$.reassignTo',
          'position.$': '$.position',
          'results.$': 'States.Array($)',
        },
      }),
      ResultSelector: { 'goesOn.$': '$.Payload.results[0].goesOn', 'error.$': '$.Payload.results[0].error' },
      ResultPath: '$.recorded',
      TimeoutSeconds: 60,
      Retry: WORKFLOW_RETRY,
      Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.error', Next: failed }],
      Next: next,
    },
  };
}

function decideAndWait(app: App, failed: string): Record<string, State> {
  const wait = `WaitToTry${titled(app)}`;
  return {
    [decideState(app)]: {
      ...invoke('WorkflowKeepTrying', {
        Payload: {
          workflow: 'offboarding',
          'execution.$': '$$.Execution.Name',
          'executionArn.$': '$$.Execution.Id',
          'startedAt.$': '$$.Execution.StartTime',
          'item.$': '$',
        },
      }),
      ResultSelector: {
        'since.$': '$.Payload.since',
        'next.$': '$.Payload.next',
        'attempts.$': '$.Payload.attempts',
        'told.$': '$.Payload.told',
        'reason.$': '$.Payload.reason',
      },
      ResultPath: '$.trying',
      TimeoutSeconds: 60,
      Retry: WORKFLOW_RETRY,
      Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.error', Next: failed }],
      Next: wait,
    },
    [wait]: {
      Type: 'Wait',
      TimestampPath: '$.trying.next',
      Next: `${firstState(app, 'shut')}${AGAIN}`,
    },
  };
}

const decideState = (app: App) => `WorkflowKeepTrying${titled(app)}`;

const titled = (app: App) => `${app.charAt(0).toUpperCase()}${app.slice(1)}`;
