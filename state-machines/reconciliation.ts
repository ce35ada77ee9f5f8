import { appChoices, appStates } from './app-chains.ts';
import { type Definition, invoke, type State, WHOLE_INPUT } from './definition.ts';
import { RECONCILIATION_RETRY, WALK_RETRY } from './retry.ts';

const RECORD_FAILURE = [{ ErrorEquals: ['States.ALL'], ResultPath: '$.error', Next: 'RecordFailure' }];

export const reconciliation: Definition = {
  Comment: 'Compares every account of every app with what HR wants, and reports what differs.',
  StartAt: 'ReconciliationPrepare',
  States: {
    ReconciliationPrepare: {
      Comment: 'Fails the execution at once when the input is not usable; no vendor has been called then.',
      ...invoke('ReconciliationPrepare', {
        Payload: { 'input.$': '$', 'run.$': '$$.Execution.Name', 'startedAt.$': '$$.Execution.StartTime' },
      }),
      OutputPath: '$.Payload',
      TimeoutSeconds: 60,
      Retry: RECONCILIATION_RETRY,
      Next: 'ReconcileApps',
    },

    ReconcileApps: {
      Comment: "One app's failure stops no other.",
      Type: 'Map',
      ItemsPath: '$.apps',
      ItemSelector: {
        // The limiter lets joiners and leavers go first.
        workflow: 'reconciliation',
        'app.$': '$$.Map.Item.Value',
        'run.$': '$.run',
        'startedAt.$': '$.startedAt',
        'invitationDays.$': '$.invitationDays',
        walk: { status: 'more', attempt: 1 },
        'graph.$': '$.graph',
        'people.$': '$.people',
      },
      ItemProcessor: {
        ProcessorConfig: { Mode: 'INLINE' },
        StartAt: 'ChooseApp',
        States: {
          ChooseApp: { Type: 'Choice', Choices: appChoices('list') },

          ...appStates('list', listAccounts, { Next: 'WalkOnOrCompare' }),

          WalkOnOrCompare: {
            Type: 'Choice',
            Choices: [{ Variable: '$.walk.status', StringEquals: 'walked', Next: 'ReconciliationCompare' }],
            Default: 'ChooseApp',
          },

          ReconciliationCompare: {
            ...invoke('ReconciliationCompare', WHOLE_INPUT),
            ResultSelector: {
              'status.$': '$.Payload.status',
              'attempt.$': '$.Payload.attempt',
              'accounts.$': '$.Payload.accounts',
              'findings.$': '$.Payload.findings',
              'headCount.$': '$.Payload.headCount',
              'linked.$': '$.Payload.linked',
            },
            ResultPath: '$.walk',
            TimeoutSeconds: 900,
            Retry: RECONCILIATION_RETRY,
            Catch: RECORD_FAILURE,
            Next: 'WalkAgainOrEnd',
          },

          WalkAgainOrEnd: {
            Comment: 'Accounts that moved while they were walked are walked once more.',
            Type: 'Choice',
            Choices: [{ Variable: '$.walk.status', StringEquals: 'shifted', Next: 'ChooseApp' }],
            Default: 'ChooseGraph',
          },

          ChooseGraph: {
            Comment: 'What the other apps tell of an account is in its list already.',
            Type: 'Choice',
            Choices: [
              { Variable: '$.graph.status', StringEquals: 'read', Next: 'Compared' },
              ...appChoices('graph'),
            ],
            Default: 'Compared',
          },

          ...appStates('graph', readGraph, { Next: 'ChooseGraph' }),

          Compared: {
            Comment:
              'What is known of the graph already stays where it could not be read anew; $.graphError says why.',
            Type: 'Pass',
            End: true,
          },

          RecordFailure: {
            Comment: 'The error stays in $.error, where ReconciliationConclude reads it.',
            Type: 'Pass',
            End: true,
          },
        },
      },
      ResultPath: '$.results',
      Next: 'ReconciliationFix',
    },

    ReconciliationFix: {
      Comment: 'Does nothing unless the input asks for it.',
      ...invoke('ReconciliationFix', {
        Payload: { 'run.$': '$.run', 'fix.$': '$.fix', 'mostFixes.$': '$.mostFixes' },
      }),
      ResultSelector: { 'fixes.$': '$.Payload' },
      ResultPath: '$.fixed',
      TimeoutSeconds: 300,
      Retry: RECONCILIATION_RETRY,
      Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.error', Next: 'ReconciliationConclude' }],
      Next: 'ReconciliationConclude',
    },

    ReconciliationConclude: {
      Comment: 'Fails the execution, after writing the files, when an app could not be reconciled.',
      ...invoke('ReconciliationConclude', WHOLE_INPUT),
      OutputPath: '$.Payload',
      TimeoutSeconds: 900,
      Retry: RECONCILIATION_RETRY,
      End: true,
    },
  },
};

function listAccounts(step: string): State {
  return {
    Comment:
      'Goes on after the last page that it has staged, whether it is called again for more or after a crash.',
    ...invoke(step, WHOLE_INPUT),
    ResultSelector: { 'status.$': '$.Payload.status', 'attempt.$': '$.Payload.attempt' },
    ResultPath: '$.walk',
    TimeoutSeconds: 900,
    Retry: WALK_RETRY,
    Catch: RECORD_FAILURE,
  };
}

function readGraph(step: string): State {
  return {
    Comment:
      'Goes on after the last employee it has read, whether it ran out of time or was refused after some.',
    ...invoke(step, WHOLE_INPUT),
    ResultSelector: {
      'status.$': '$.Payload.status',
      'after.$': '$.Payload.after',
      'people.$': '$.Payload.people',
    },
    ResultPath: '$.graph',
    TimeoutSeconds: 900,
    Retry: WALK_RETRY,
    Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.graphError', Next: 'Compared' }],
  };
}
