import { type Definition, invoke, WHOLE_INPUT } from './definition.ts';
import { TRAINING_CONCLUDE_RETRY, TRAINING_RETRY } from './retry.ts';

export const trainingFollowUp: Definition = {
  Comment:
    "Waits for a new employee's record in Drata where there is none yet, and asks for training and background check until both are complete, or their time is over.",
  StartAt: 'Begin',
  States: {
    Begin: {
      Type: 'Pass',
      Parameters: {
        // The limiter lets joiners and leavers go first.
        workflow: 'training-follow-up',
        employee: { 'employeeId.$': '$.employeeId' },
        'personnelId.$': '$.personnelId',
        'deadline.$': '$.deadline',
        'startedAt.$': '$$.State.EnteredTime',
        // With the address and the time by which a record that is not there yet has to come.
        'trainee.$': '$',
        check: { status: 'pending', missing: [], waitSeconds: 3600, 'personnelId.$': '$.personnelId' },
      },
      Next: 'WaitForTraining',
    },

    WaitForTraining: {
      Comment: 'No Lambda runs meanwhile.',
      Type: 'Wait',
      SecondsPath: '$.check.waitSeconds',
      Next: 'DrataCheckTraining',
    },

    DrataCheckTraining: {
      ...invoke('DrataCheckTraining', {
        Payload: {
          'workflow.$': '$.workflow',
          'employee.$': '$.employee',
          'personnelId.$': '$.check.personnelId',
          'trainee.$': '$.trainee',
          'startedAt.$': '$.startedAt',
          'deadline.$': '$.deadline',
          'now.$': '$$.State.EnteredTime',
        },
      }),
      ResultSelector: {
        'status.$': '$.Payload.status',
        'missing.$': '$.Payload.missing',
        'waitSeconds.$': '$.Payload.waitSeconds',
        'personnelId.$': '$.Payload.personnelId',
      },
      ResultPath: '$.check',
      TimeoutSeconds: 300,
      Retry: TRAINING_RETRY,
      Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.error', Next: 'TrainingConclude' }],
      Next: 'WaitOnOrEnd',
    },

    WaitOnOrEnd: {
      Type: 'Choice',
      Choices: [
        { Variable: '$.check.status', StringEquals: 'pending', Next: 'WaitForTraining' },
        { Variable: '$.check.status', StringEquals: 'complete', Next: 'Ended' },
        // Nobody waits for the training of somebody who has left.
        { Variable: '$.check.status', StringEquals: 'left', Next: 'Ended' },
      ],
      Default: 'TrainingConclude',
    },

    TrainingConclude: {
      Comment: 'Fails the execution, after adding the follow-up to the report of the hire.',
      ...invoke('TrainingConclude', WHOLE_INPUT),
      TimeoutSeconds: 60,
      Retry: TRAINING_CONCLUDE_RETRY,
      End: true,
    },

    Ended: { Type: 'Succeed' },
  },
};
