import { type Definition, invoke } from './definition.ts';
import { WORKFLOW_RETRY } from './retry.ts';
import { concludeState, eachApp, prepareState } from './run-states.ts';

export const onboarding: Definition = {
  Comment: "Creates or reactivates a new employee's accounts in every app.",
  StartAt: 'WorkflowPrepareOnboarding',
  States: {
    WorkflowPrepareOnboarding: prepareState('WorkflowPrepareOnboarding', 'WaitForMoment'),

    WaitForMoment: { Type: 'Wait', TimestampPath: '$.moment', Next: 'ProvisionAccounts' },

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
      },
      ...eachApp('provision', { choose: 'ChooseApp', failed: 'RecordFailure', seconds: 300 }),
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

    WorkflowConclude: concludeState('onboarding'),
  },
};
