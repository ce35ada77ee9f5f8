import { appBranches } from './app-chains.ts';
import { type Definition, invoke, type State } from './definition.ts';
import { handOverStates } from './hand-over.ts';
import { NEW_OWNER_RETRY, WORKFLOW_RETRY } from './retry.ts';
import { concludeState, eachApp, gateStates, prepareState, recordAccountsState } from './run-states.ts';

export const offboarding: Definition = {
  Comment: "Shuts a leaver's accounts in every app, and hands over what they owned.",
  StartAt: 'WorkflowPrepareOffboarding',
  States: {
    WorkflowPrepareOffboarding: prepareState('WorkflowPrepareOffboarding', 'IsLater'),

    IsLater: {
      Comment: 'Whose logins are to be shut now does not wait for a look at the new owner.',
      Type: 'Choice',
      Choices: [{ Variable: '$.waits', BooleanEquals: true, Next: 'CheckNewOwner' }],
      Default: 'WaitForMoment',
    },

    CheckNewOwner: {
      Comment: 'Before the wait, so that somebody can mend the event in time; nothing is written yet.',
      Type: 'Parallel',
      Branches: appBranches('checkNewOwner', checkNewOwner),
      ResultPath: null,
      Catch: [
        { ErrorEquals: ['InvalidInputError'], ResultPath: '$.newOwnerProblem', Next: 'WorkflowWarnNewOwner' },
        // A vendor that cannot be asked now is asked again before records move.
        { ErrorEquals: ['States.ALL'], ResultPath: null, Next: 'WaitForMoment' },
      ],
      Next: 'WaitForMoment',
    },

    WorkflowWarnNewOwner: {
      ...invoke('WorkflowWarnNewOwner', {
        Payload: {
          'execution.$': '$$.Execution.Name',
          'startedAt.$': '$$.Execution.StartTime',
          'employee.$': '$.employee',
          'error.$': '$.newOwnerProblem',
        },
      }),
      ResultPath: null,
      TimeoutSeconds: 60,
      Retry: WORKFLOW_RETRY,
      // Whether it was told or not, the logins are shut at their moment.
      Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: null, Next: 'WaitForMoment' }],
      Next: 'WaitForMoment',
    },

    WaitForMoment: { Type: 'Wait', TimestampPath: '$.moment', Next: 'WorkflowBegin' },

    ...gateStates('offboarding', 'CutLogin'),

    CutLogin: {
      Comment:
        "All logins first; slow work waits until every app is done here. One app's failure stops no other.",
      Type: 'Map',
      ItemsPath: '$.apps',
      ItemSelector: {
        // Leavers go before joiners where a vendor's limit is contended.
        workflow: 'offboarding',
        'app.$': '$$.Map.Item.Value.app',
        'vendorUserId.$': '$$.Map.Item.Value.vendorUserId',
        'outcome.$': '$$.Map.Item.Value.outcome',
        'employee.$': '$.employee',
        'person.$': '$.person',
        'lastWorkingDay.$': '$.lastWorkingDay',
        'approved.$': '$.gate.approved',
      },
      ...eachApp('shut', { choose: 'ChooseApp', failed: 'RecordFailure', seconds: 300 }),
      ResultPath: '$.loginsCut',
      Next: 'WorkflowRecordAccounts',
    },

    WorkflowRecordAccounts: recordAccountsState('offboarding', 'HandOver', {
      'lastWorkingDay.$': '$.lastWorkingDay',
      'reassignTo.$': '$.reassignTo',
      'results.$': '$.loginsCut',
    }),

    HandOver: {
      Comment:
        'Records of leavers who are locked out go to the new owner, app by app and kind by kind. A kind that fails stops no other.',
      Type: 'Map',
      ItemsPath: '$.recorded.handOvers',
      ItemSelector: {
        workflow: 'offboarding',
        'app.$': '$$.Map.Item.Value.app',
        'outcome.$': '$$.Map.Item.Value.outcome',
        'employee.$': '$.employee',
        'reassignTo.$': '$.reassignTo',
        'execution.$': '$$.Execution.Name',
        'startedAt.$': '$$.Execution.StartTime',
      },
      ...handOverStates(),
      ResultPath: '$.handedOver',
      Next: 'IsSomethingHeld',
    },

    IsSomethingHeld: {
      Comment: 'What only one app showed holds that app, once everything else is done.',
      Type: 'Choice',
      Choices: [{ Variable: '$.recorded.status', StringEquals: 'held', Next: 'WorkflowHold' }],
      Default: 'WorkflowConclude',
    },

    WorkflowConclude: concludeState('offboarding'),
  },
};

function checkNewOwner(step: string): State {
  return {
    ...invoke(step, {
      Payload: {
        workflow: 'offboarding',
        'employee.$': '$.employee',
        'apps.$': '$.apps',
        'reassignTo.$': '$.reassignTo',
      },
    }),
    TimeoutSeconds: 60,
    Retry: NEW_OWNER_RETRY,
  };
}
