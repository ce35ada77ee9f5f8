import { appChoices, appStates } from './app-chains.ts';
import { appStepState } from './app-step.ts';
import { type Definition, invoke } from './definition.ts';
import { TURN_RETRY, WORKFLOW_RETRY } from './retry.ts';
import { concludeState, turnStates } from './turn.ts';

export const onboarding: Definition = {
  Comment: "Creates or reactivates a new employee's accounts in every app.",
  StartAt: 'WorkflowPrepareOnboarding',
  States: {
    WorkflowPrepareOnboarding: {
      Comment: 'Fails the execution at once when the input is not usable; no vendor has been called then.',
      ...invoke('WorkflowPrepareOnboarding', {
        Payload: {
          'detail.$': '$',
          'execution.$': '$$.Execution.Name',
          'startedAt.$': '$$.Execution.StartTime',
        },
      }),
      OutputPath: '$.Payload',
      TimeoutSeconds: 60,
      // A takeover waits for the run that acts for the old employee id.
      Retry: TURN_RETRY,
      Next: 'WaitForMoment',
    },

    WaitForMoment: { Type: 'Wait', TimestampPath: '$.moment', Next: 'WorkflowBegin' },

    ...turnStates('onboarding', 'ProvisionAccounts'),

    ProvisionAccounts: {
      Comment: "One item an app, so that one app's failure stops no other.",
      Type: 'Map',
      ItemsPath: '$.apps',
      ItemSelector: {
        // Leavers go before joiners where a vendor's limit is contended.
        workflow: 'onboarding',
        'app.$': '$$.Map.Item.Value.app',
        'role.$': '$$.Map.Item.Value.role',
        'passwordEmail.$': '$$.Map.Item.Value.passwordEmail',
        'vendorUserId.$': '$$.Map.Item.Value.vendorUserId',
        'outcome.$': '$$.Map.Item.Value.outcome',
        'employee.$': '$.employee',
        'person.$': '$.person',
        'reinstates.$': '$.rescinds',
      },
      ItemProcessor: {
        ProcessorConfig: { Mode: 'INLINE' },
        StartAt: 'ChooseApp',
        States: {
          ChooseApp: { Type: 'Choice', Choices: appChoices('provision') },
          ...appStates('provision', (step) => appStepState(step, { seconds: 300, failed: 'RecordFailure' }), {
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
          workflow: 'onboarding',
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

    ...concludeState('onboarding'),
  },
};
