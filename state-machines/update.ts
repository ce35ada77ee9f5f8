import { appChoices, appStates } from './app-chains.ts';
import { appStepState } from './app-step.ts';
import { type Definition, invoke } from './definition.ts';
import { WORKFLOW_RETRY } from './retry.ts';
import { concludeState, turnStates } from './turn.ts';

export const update: Definition = {
  Comment: 'Brings what is new about an employee into every app where they have an account.',
  StartAt: 'WorkflowPrepareUpdate',
  States: {
    WorkflowPrepareUpdate: {
      Comment: 'Fails the execution at once when the input is not usable; no vendor has been called then.',
      ...invoke('WorkflowPrepareUpdate', {
        Payload: {
          'detail.$': '$',
          'execution.$': '$$.Execution.Name',
          'startedAt.$': '$$.Execution.StartTime',
        },
      }),
      OutputPath: '$.Payload',
      TimeoutSeconds: 60,
      Retry: WORKFLOW_RETRY,
      Next: 'WaitForMoment',
    },

    // It is over at once; what begins to act is counted where a run's wait ends.
    WaitForMoment: { Type: 'Wait', TimestampPath: '$.moment', Next: 'WorkflowBegin' },

    ...turnStates('update', 'UpdateAccounts'),

    UpdateAccounts: {
      Comment: "One item an app, so that one app's failure stops no other.",
      Type: 'Map',
      ItemsPath: '$.apps',
      ItemSelector: {
        workflow: 'update',
        'app.$': '$$.Map.Item.Value.app',
        'vendorUserId.$': '$$.Map.Item.Value.vendorUserId',
        'outcome.$': '$$.Map.Item.Value.outcome',
        'employee.$': '$.news',
        'person.$': '$.person',
      },
      ItemProcessor: {
        ProcessorConfig: { Mode: 'INLINE' },
        StartAt: 'ChooseApp',
        States: {
          ChooseApp: { Type: 'Choice', Choices: appChoices('update') },
          ...appStates('update', (step) => appStepState(step, { seconds: 300, failed: 'RecordFailure' }), {
            End: true,
          }),
          RecordFailure: {
            Comment: 'The error stays in $.error, where WorkflowConclude reads it.',
            Type: 'Pass',
            End: true,
          },
        },
      },
      ResultPath: '$.results',
      Next: 'WorkflowRecordAccounts',
    },

    WorkflowRecordAccounts: {
      ...invoke('WorkflowRecordAccounts', {
        Payload: {
          workflow: 'update',
          'execution.$': '$$.Execution.Name',
          'employee.$': '$.employee',
          'results.$': '$.results',
        },
      }),
      ResultSelector: { 'results.$': '$.Payload.results', 'handOvers.$': '$.Payload.handOvers' },
      ResultPath: '$.recorded',
      TimeoutSeconds: 60,
      Retry: WORKFLOW_RETRY,
      Next: 'WorkflowConclude',
    },

    ...concludeState('update'),
  },
};
