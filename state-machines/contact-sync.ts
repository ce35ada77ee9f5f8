import { type Definition, invoke, WHOLE_INPUT } from './definition.ts';
import { FILE_RETRY, FILE_WALK_RETRY } from './retry.ts';

export const contactSync: Definition = {
  Comment: "Brings the contacts of a CRM's file to Drift, row by row, and says what became of each row.",
  StartAt: 'ContactsPrepare',
  States: {
    ContactsPrepare: {
      Comment:
        'Fails the execution at once when the input or the file is not usable; Drift has not been called then.',
      ...invoke('ContactsPrepare', {
        Payload: { 'input.$': '$', 'run.$': '$$.Execution.Name', 'startedAt.$': '$$.Execution.StartTime' },
      }),
      OutputPath: '$.Payload',
      TimeoutSeconds: 60,
      Retry: FILE_RETRY,
      Next: 'Begin',
    },

    Begin: {
      Type: 'Pass',
      Parameters: {
        // The limiter lets joiners and leavers go first.
        workflow: 'contact-sync',
        'run.$': '$.run',
        'startedAt.$': '$.startedAt',
        'source.$': '$.source',
        walk: { status: 'more', 'position.$': '$.position', parts: 0, undeclared: [] },
      },
      Next: 'DriftSyncContacts',
    },

    DriftSyncContacts: {
      Comment:
        'Syncs the next part of the file. What an attempt that crashed had done is found again, and its part is written once.',
      ...invoke('DriftSyncContacts', WHOLE_INPUT),
      ResultSelector: {
        'status.$': '$.Payload.status',
        'position.$': '$.Payload.position',
        'parts.$': '$.Payload.parts',
        'undeclared.$': '$.Payload.undeclared',
      },
      ResultPath: '$.walk',
      TimeoutSeconds: 330,
      Retry: FILE_WALK_RETRY,
      Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.error', Next: 'ContactsConclude' }],
      Next: 'SyncOnOrConclude',
    },

    SyncOnOrConclude: {
      Type: 'Choice',
      Choices: [{ Variable: '$.walk.status', StringEquals: 'walked', Next: 'ContactsConclude' }],
      Default: 'DriftSyncContacts',
    },

    ContactsConclude: {
      Comment: 'Fails the execution, after writing the results, when the file was not read to its end.',
      ...invoke('ContactsConclude', WHOLE_INPUT),
      OutputPath: '$.Payload',
      TimeoutSeconds: 900,
      Retry: FILE_RETRY,
      End: true,
    },
  },
};
