import { appBranches, appChoices } from './app-chains.ts';
import { type Definition, invoke, type State } from './definition.ts';
import { handOverStates } from './hand-over.ts';
import { keepTryingChoices, keepTryingStates } from './keep-trying.ts';
import { MAY_PASS, NEW_OWNER_RETRY, SHUT_RETRY, WORKFLOW_RETRY } from './retry.ts';
import {
  concludeState,
  eachApp,
  gateStates,
  momentStates,
  prepareState,
  recordAccountsState,
} from './run-states.ts';

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
          'reassignTo.$': '$.reassignTo',
          'toldReassignTo.$': '$.toldReassignTo',
        },
      }),
      ResultPath: null,
      TimeoutSeconds: 60,
      Retry: WORKFLOW_RETRY,
      // Whether it was told or not, the logins are shut at their moment.
      Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: null, Next: 'WaitForMoment' }],
      Next: 'WaitForMoment',
    },

    ...momentStates(),

    ...gateStates('offboarding', 'CutLogin'),

    CutLogin: {
      Comment:
        "All logins first; slow work waits until every app is done here, or is away. One app's failure stops no other.",
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
        'redrives.$': '$.redrives',
      },
      ...eachApp('shut', {
        choose: 'ChooseApp',
        failed: 'RecordFailure',
        seconds: 300,
        mayPass: { errors: MAY_PASS, recordedBy: 'RecordOutage', retry: SHUT_RETRY },
      }),
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
        'Records of leavers who are locked out go to the new owner, app by app and kind by kind. A kind that fails stops no other. Beside them, a login that is open because its app is away is tried again for 72 hours.',
      Type: 'Map',
      ItemsPath: '$.recorded.unfinished',
      ItemSelector: {
        workflow: 'offboarding',
        'app.$': '$$.Map.Item.Value.app',
        'vendorUserId.$': '$$.Map.Item.Value.vendorUserId',
        'outcome.$': '$$.Map.Item.Value.outcome',
        'trouble.$': '$$.Map.Item.Value.error',
        recorded: { 'goesOn.$': '$$.Map.Item.Value.goesOn' },
        'employee.$': '$.employee',
        'person.$': '$.person',
        'lastWorkingDay.$': '$.lastWorkingDay',
        'reassignTo.$': '$.reassignTo',
        'newOwner.$': '$.newOwner',
        'position.$': '$.position',
        'approved.$': '$.gate.approved',
        'execution.$': '$$.Execution.Name',
        'startedAt.$': '$$.Execution.StartTime',
        'redrives.$': '$.recorded.redrives',
      },
      ...handOverOrTry(),
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
        'newOwner.$': '$.newOwner',
      },
    }),
    TimeoutSeconds: 60,
    Retry: NEW_OWNER_RETRY,
  };
}

function handOverOrTry() {
  const { ItemProcessor } = handOverStates();
  const hasRecords = { Variable: '$.recorded.goesOn', StringEquals: 'hand_over' };
  const handOvers = appChoices('handOver').map(({ Next, ...isApp }) => ({ And: [hasRecords, isApp], Next }));
  return {
    ItemProcessor: {
      ...ItemProcessor,
      States: {
        ...ItemProcessor.States,
        ChooseHandOver: {
          Type: 'Choice',
          Choices: [...keepTryingChoices(), ...handOvers],
          Default: 'HandedOver',
        },
        ...keepTryingStates({ failed: 'RecordStillOpen', next: 'ChooseHandOver' }),
        RecordStillOpen: {
          Comment: 'The error stays in $.error, where WorkflowConclude reads it.',
          Type: 'Pass',
          End: true,
        },
      },
    },
  };
}
