import { APP_DESCRIPTIONS, appsWith } from '../functions/app-descriptions.ts';
import { appChoices } from './app-chains.ts';
import { OUTCOME } from './app-step.ts';
import { INPUT_AND_COUNTS, invoke, type State } from './definition.ts';
import { FILE_WALK_RETRY } from './retry.ts';

// Nobody can take over, the credential is not valid, the day's budget is used up, or nobody knows whether it may go on.
const FOR_A_PERSON = [
  'InvalidInputError',
  'AmbiguousUserError',
  'VendorAuthError',
  'VendorDailyLimitError',
  'RedrivenError',
];

const FAILED = 'RecordHandOverFailure';
const DONE = 'HandedOver';

const REST = { ResultPath: '$.outcome', TimeoutSeconds: 900, Retry: FILE_WALK_RETRY } as const;

/**
 * The part of a Map state that hands over a leaver's records, app by app and kind by kind. Few records are one state;
 * with more, the step goes on in parts: one state and a Choice for each round. A kind that fails stops no other.
 */
export function handOverStates() {
  const chains = appsWith('handOver').map((app) => APP_DESCRIPTIONS[app].phases.handOver ?? []);
  const states = chains.flatMap((chain) => chain.map((step, index) => statesOf(step, chain[index + 1])));
  return {
    ItemProcessor: {
      ProcessorConfig: { Mode: 'INLINE' },
      StartAt: 'ChooseHandOver',
      States: {
        ChooseHandOver: { Type: 'Choice', Choices: appChoices('handOver') },
        ...Object.assign({}, ...states),
        [DONE]: { Type: 'Pass', End: true },
        [FAILED]: {
          Comment: 'The errors stay in $.failures, where WorkflowConclude reads them.',
          Type: 'Pass',
          End: true,
        },
      },
    },
  } as const;
}

function statesOf(step: string, following: string | undefined): Record<string, State> {
  // Both invoke the same Lambda: a stack may have 500 resources, and each Lambda is six of them.
  const inParts = `${step}InParts`;
  const choice = `${step}OnOrNext`;
  const failed = {
    ErrorEquals: ['States.ALL'],
    ResultPath: `$.failures.${step}`,
    Next: following ?? FAILED,
  };
  const then = following === undefined ? { End: true } : { Next: following };
  return {
    [step]: {
      ...invoke(step, INPUT_AND_COUNTS),
      ResultSelector: OUTCOME,
      ...REST,
      // Many records, and one that was broken off, go on in parts. What only a person can mend fails at once.
      Catch: [
        { ...failed, ErrorEquals: FOR_A_PERSON },
        { ErrorEquals: ['States.ALL'], ResultPath: null, Next: inParts },
      ],
      ...then,
    },
    [inParts]: {
      Comment: 'Goes on where it was left. What an attempt that crashed had done is found again.',
      ...invoke(step, {
        Payload: {
          workflow: 'offboarding',
          inParts: true,
          'app.$': '$.app',
          'outcome.$': '$.outcome',
          'employee.$': '$.employee',
          'reassignTo.$': '$.reassignTo',
          'newOwner.$': '$.newOwner',
          'execution.$': '$.execution',
          'startedAt.$': '$.startedAt',
          'redrives.$': '$.redrives',
          'RedriveCount.$': '$$.Execution.RedriveCount',
          'RetryCount.$': '$$.State.RetryCount',
        },
      }),
      ResultSelector: { ...OUTCOME, 'place.$': '$.Payload.place' },
      ...REST,
      Catch: [failed],
      Next: choice,
    },
    [choice]: {
      // The embedded runtime takes `IsNull: false` for never.
      Type: 'Choice',
      Choices: [{ Variable: '$.outcome.place', IsNull: true, Next: following ?? DONE }],
      Default: inParts,
    },
  };
}
