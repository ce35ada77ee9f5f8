import type { Definition } from './definition.ts';
import { TURN_RETRY } from './retry.ts';
import {
  concludeState,
  eachApp,
  gateStates,
  momentStates,
  prepareState,
  recordAccountsState,
} from './run-states.ts';

export const onboarding: Definition = {
  Comment: "Creates or reactivates a new employee's accounts in every app.",
  StartAt: 'WorkflowPrepareOnboarding',
  States: {
    WorkflowPrepareOnboarding: {
      ...prepareState('WorkflowPrepareOnboarding', 'WaitForMoment'),
      // A takeover waits for the run that acts for the old employee id.
      Retry: TURN_RETRY,
    },

    ...momentStates(),

    ...gateStates('onboarding', 'ProvisionAccounts'),

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
        'redrives.$': '$.redrives',
      },
      ...eachApp('provision', { choose: 'ChooseApp', failed: 'RecordFailure', seconds: 300 }),
      ResultPath: '$.results',
      Next: 'WorkflowRecordAccounts',
    },

    WorkflowRecordAccounts: recordAccountsState('onboarding', 'WorkflowConclude', {
      'results.$': '$.results',
    }),

    WorkflowConclude: concludeState('onboarding'),
  },
};
