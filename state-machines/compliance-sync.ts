import { type Definition, invoke, WHOLE_INPUT } from './definition.ts';
import { COMPLIANCE_RETRY, COMPLIANCE_WALK_RETRY } from './retry.ts';

export const complianceSync: Definition = {
  Comment:
    'Records who is compliant in Drata, puts what changed on the bus, and writes the files that dashboards read.',
  StartAt: 'Begin',
  States: {
    Begin: {
      Comment: 'Whatever the input is; a sync has nothing to be told.',
      Type: 'Pass',
      Parameters: {
        // The limiter lets joiners and leavers go first.
        workflow: 'compliance-sync',
        round: 0,
        walk: { status: 'more', position: null, pages: 0 },
      },
      Next: 'DrataSyncCompliance',
    },

    DrataSyncCompliance: {
      Comment: 'Goes on where it was left, whether it ran out of time or was refused after some pages.',
      ...invoke('DrataSyncCompliance', WHOLE_INPUT),
      ResultSelector: {
        'status.$': '$.Payload.status',
        'position.$': '$.Payload.position',
        'pages.$': '$.Payload.pages',
      },
      ResultPath: '$.walk',
      TimeoutSeconds: 900,
      Retry: COMPLIANCE_WALK_RETRY,
      Next: 'SyncOnOrWrite',
    },

    SyncOnOrWrite: {
      Type: 'Choice',
      Choices: [{ Variable: '$.walk.status', StringEquals: 'walked', Next: 'ComplianceWriteFiles' }],
      Default: 'DrataSyncCompliance',
    },

    ComplianceWriteFiles: {
      ...invoke('ComplianceWriteFiles', WHOLE_INPUT),
      ResultSelector: {
        'people.$': '$.Payload.people',
        'active.$': '$.Payload.active',
        'pending.$': '$.Payload.pending',
        'files.$': '$.Payload.files',
      },
      ResultPath: '$.written',
      TimeoutSeconds: 300,
      Retry: COMPLIANCE_RETRY,
      Next: 'AskAgainOrEnd',
    },

    AskAgainOrEnd: {
      Comment: 'What is still pending after half an hour is listed by the next sync anyway.',
      Type: 'Choice',
      Choices: [
        { Variable: '$.written.pending', NumericEquals: 0, Next: 'Synced' },
        { Variable: '$.round', NumericGreaterThanEquals: 6, Next: 'Synced' },
      ],
      Default: 'WaitForStatus',
    },

    WaitForStatus: {
      Comment: 'Drata computes a status minutes after a record was created; no Lambda runs meanwhile.',
      Type: 'Wait',
      Seconds: 300,
      Next: 'DrataAskPending',
    },

    DrataAskPending: {
      ...invoke('DrataAskPending', WHOLE_INPUT),
      ResultSelector: { 'round.$': '$.Payload.round' },
      ResultPath: '$.asked',
      TimeoutSeconds: 300,
      Retry: COMPLIANCE_WALK_RETRY,
      Next: 'CountRound',
    },

    CountRound: {
      Type: 'Pass',
      InputPath: '$.asked.round',
      ResultPath: '$.round',
      Next: 'ComplianceWriteFiles',
    },

    Synced: { Type: 'Pass', OutputPath: '$.written', End: true },
  },
};
