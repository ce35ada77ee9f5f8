import type { Definition } from './definition.ts';
import { concludeState, eachApp, gateStates, prepareState, recordAccountsState } from './run-states.ts';

export const update: Definition = {
  Comment: 'Brings what is new about an employee into every app where they have an account.',
  StartAt: 'WorkflowPrepareUpdate',
  States: {
    WorkflowPrepareUpdate: prepareState('WorkflowPrepareUpdate', 'WaitForMoment'),

    // It is over at once; what begins to act is counted where a run's wait ends.
    WaitForMoment: { Type: 'Wait', TimestampPath: '$.moment', Next: 'WorkflowBegin' },

    ...gateStates('update', 'UpdateAccounts'),

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
        'redrives.$': '$.redrives',
      },
      ...eachApp('update', { choose: 'ChooseApp', failed: 'RecordFailure', seconds: 300 }),
      ResultPath: '$.results',
      Next: 'WorkflowRecordAccounts',
    },

    WorkflowRecordAccounts: recordAccountsState('update', 'WorkflowConclude', { 'results.$': '$.results' }),

    WorkflowConclude: concludeState('update'),
  },
};
