/** A state in Amazon States Language: https://states-language.net/spec.html */
export type State = {
  Type: 'Task' | 'Pass' | 'Choice' | 'Wait' | 'Parallel' | 'Map' | 'Succeed' | 'Fail';
  Comment?: string;
  [field: string]: unknown;
};

/** A state machine in Amazon States Language, with `${PipedriveFindUser}` where a Lambda's ARN belongs. */
export type Definition = { Comment: string; StartAt: string; States: Record<string, State> };

/** The part of a Task that invokes a step's Lambda. The state has the step's name too. */
export function invoke(step: string, input: { 'Payload.$': string } | { Payload: object }) {
  return {
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke',
    Parameters: { FunctionName: `\${${step}}`, ...input },
  } as const;
}

/** The part of a Task that invokes a step's Lambda with a token, and waits until somebody ends it by that. */
export function waitForToken(step: string, Payload: object) {
  return {
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
    Parameters: { FunctionName: `\${${step}}`, Payload },
  } as const;
}

/** The event of a Lambda that is the state's whole input. */
export const WHOLE_INPUT = { 'Payload.$': '$' } as const;

/**
 * The same, with how often the execution was redriven, and the state retried:
 * https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html. The context's own objects would
 * bring more, the run's whole input among it. A brace that stands for itself is escaped:
 * https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html#intrinsic-functions-escapes
 */
export const INPUT_AND_COUNTS = {
  // The embedded runtime's JsonMerge writes into its first object, which must not be the state's input.
  'Payload.$': `States.JsonMerge(States.StringToJson(States.Format('\\{"RedriveCount":{},"RetryCount":{}\\}', $$.Execution.RedriveCount, $$.State.RetryCount)), $, false)`,
} as const;
