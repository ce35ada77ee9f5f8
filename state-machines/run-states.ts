import type { Workflow } from '../functions/shared/workflow.ts';
import type { AppDescription } from '../functions/vendor/app-description.ts';
import { appChoices, appStates } from './app-chains.ts';
import { appStepState } from './app-step.ts';
import { invoke, type State, waitForToken } from './definition.ts';
import { GATE_RETRY, HOLD_RETRY, type Retrier, SOURCE_RETRY, TURN_RETRY, WORKFLOW_RETRY } from './retry.ts';

// The states that the runs of all workflows have in common.

/** The first state of a run. It knows its execution, which names the run. */
export function prepareState(step: string, next: string): State {
  return {
    Comment: 'Fails the execution at once when the input is not usable; no vendor has been called then.',
    ...invoke(step, {
      Payload: {
        'detail.$': '$',
        'execution.$': '$$.Execution.Name',
        'startedAt.$': '$$.Execution.StartTime',
      },
    }),
    OutputPath: '$.Payload',
    TimeoutSeconds: 60,
    Retry: WORKFLOW_RETRY,
    Next: next,
  };
}

/**
 * The part of a Map state that takes each app's item through the app's chain for a phase.
 *
 * @param options.choose and `failed` name the two states that are no steps, as a state machine has each name once.
 * @param options.seconds how long one step may take.
 * @param options.mayPass what else is caught, and the state for it: such errors may pass.
 */
export function eachApp(
  phase: keyof AppDescription['phases'],
  options: {
    choose: string;
    failed: string;
    seconds: number;
    mayPass?: { errors: readonly string[]; recordedBy: string; retry: readonly Retrier[] };
  },
) {
  const { choose, failed, seconds, mayPass } = options;
  const caught =
    mayPass === undefined
      ? {}
      : {
          retry: mayPass.retry,
          mayPass: { errors: mayPass.errors, ResultPath: '$.error', Next: mayPass.recordedBy },
        };
  return {
    ItemProcessor: {
      ProcessorConfig: { Mode: 'INLINE' },
      StartAt: choose,
      States: {
        [choose]: { Type: 'Choice', Choices: appChoices(phase) },
        ...appStates(phase, (step) => appStepState(step, { seconds, failed, ...caught }), { End: true }),
        ...(mayPass === undefined ? {} : { [mayPass.recordedBy]: MAY_PASS_STATE }),
        [failed]: {
          Comment: 'The error stays in $.error, where WorkflowConclude reads it.',
          Type: 'Pass',
          End: true,
        },
      },
    },
  } as const;
}

const MAY_PASS_STATE: State = {
  Comment: 'The error stays in $.error. The login is tried again, while the other apps go on.',
  Type: 'Pass',
  Result: true,
  ResultPath: '$.mayPass',
  End: true,
};

/** The states of a run's wait, and of a look at the record that it was made from, right before it acts. */
export function momentStates(): Record<string, State> {
  return {
    WaitForMoment: { Type: 'Wait', TimestampPath: '$.moment', Next: 'ReadsRecordAgain' },
    ReadsRecordAgain: {
      Comment:
        'A run that waited, and was made from a record of an HR system, looks whether that still says so.',
      Type: 'Choice',
      Choices: [{ Variable: '$.readsAgain', BooleanEquals: true, Next: 'WorkflowReadRecord' }],
      Default: 'WorkflowBegin',
    },
    WorkflowReadRecord: {
      ...invoke('WorkflowReadRecord', { Payload: { 'employee.$': '$.employee', 'record.$': '$.record' } }),
      ResultSelector: { 'changedBy.$': '$.Payload.changedBy' },
      ResultPath: '$.recordRead',
      TimeoutSeconds: 120,
      Retry: SOURCE_RETRY,
      // What HR said last counts, where it cannot be asked.
      Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: null, Next: 'WorkflowBegin' }],
      Next: 'WorkflowBegin',
    },
  };
}

/**
 * The states between a run's moment and its first write: the run takes its employee's turn, and passes the gate. It ends
 * because a later event was accepted meanwhile, or waits for a person where it is held.
 *
 * @param next the state in which the run begins to act.
 */
export function gateStates(workflow: Workflow, next: string): Record<string, State> {
  return {
    WorkflowBegin: {
      Comment: 'Waits for another run for the same employee, and reads what is known by now.',
      ...invoke('WorkflowBegin', {
        Payload: {
          workflow,
          'execution.$': '$$.Execution.Name',
          'redrives.$': '$$.Execution.RedriveCount',
          'run.$': '$',
        },
      }),
      OutputPath: '$.Payload',
      TimeoutSeconds: 60,
      Retry: TURN_RETRY,
      Next: 'WorkflowGate',
    },
    WorkflowGate: {
      Comment: 'Decides whether the run may act, or is held for a person.',
      ...invoke('WorkflowGate', {
        Payload: {
          workflow,
          'execution.$': '$$.Execution.Name',
          'startedAt.$': '$$.Execution.StartTime',
          'run.$': '$',
        },
      }),
      OutputPath: '$.Payload',
      TimeoutSeconds: 60,
      Retry: GATE_RETRY,
      Next: 'MayAct',
    },
    MayAct: {
      Type: 'Choice',
      Choices: [
        { Variable: '$.status', StringEquals: 'current', Next: next },
        { Variable: '$.status', StringEquals: 'held', Next: 'WorkflowHold' },
      ],
      Default: 'WorkflowConclude',
    },
    WorkflowHold: {
      Comment: 'Waits for a person. Released, the run looks again whether it is still current.',
      ...waitForToken('WorkflowHold', {
        workflow,
        'execution.$': '$$.Execution.Name',
        'startedAt.$': '$$.Execution.StartTime',
        'executionArn.$': '$$.Execution.Id',
        'token.$': '$$.Task.Token',
        'run.$': '$',
      }),
      ResultPath: null,
      TimeoutSecondsPath: '$.gate.expiresInSeconds',
      Retry: HOLD_RETRY,
      // It was rejected, or nobody decided in time.
      Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.ended', Next: 'WorkflowConclude' }],
      Next: 'WorkflowBegin',
    },
  };
}

/**
 * The state that writes down which account is whose.
 *
 * @param results where each app's result is, and what else the step is told.
 */
export function recordAccountsState(
  workflow: Workflow,
  next: string,
  results: Readonly<Record<`${string}.$`, string>>,
): State {
  return {
    ...invoke('WorkflowRecordAccounts', {
      Payload: {
        workflow,
        'execution.$': '$$.Execution.Name',
        'redrives.$': '$$.Execution.RedriveCount',
        'employee.$': '$.employee',
        'position.$': '$.position',
        ...results,
      },
    }),
    ResultSelector: {
      'status.$': '$.Payload.status',
      'results.$': '$.Payload.results',
      'unfinished.$': '$.Payload.unfinished',
      'redrives.$': '$.Payload.redrives',
    },
    ResultPath: '$.recorded',
    TimeoutSeconds: 60,
    Retry: WORKFLOW_RETRY,
    Next: next,
  };
}

/** The last state of a run: it writes the report and gives the turn back. */
export function concludeState(workflow: Workflow): State {
  return {
    Comment: 'Fails the execution, after writing the report, when anything is left open.',
    ...invoke('WorkflowConclude', {
      Payload: {
        workflow,
        'execution.$': '$$.Execution.Name',
        'executionArn.$': '$$.Execution.Id',
        'startedAt.$': '$$.Execution.StartTime',
        'run.$': '$',
      },
    }),
    OutputPath: '$.Payload',
    TimeoutSeconds: 60,
    Retry: WORKFLOW_RETRY,
    End: true,
  };
}
