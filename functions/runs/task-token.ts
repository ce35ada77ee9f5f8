import {
  InvalidToken,
  SendTaskFailureCommand,
  SendTaskSuccessCommand,
  TaskDoesNotExist,
  TaskTimedOut,
} from '@aws-sdk/client-sfn';
import type { StateMachines } from './state-machines.ts';

/** The error with which a held run ends that somebody has rejected. */
export const REJECTED = 'RunRejected';

/** Lets a held run go on. False where nothing waits for the token any more. @throws the SDK's errors */
export function letGo({ client }: StateMachines, taskToken: string): Promise<boolean> {
  return isTaken(client.send(new SendTaskSuccessCommand({ taskToken, output: '{}' })));
}

/** Ends a held run. False where nothing waits for the token any more. @throws the SDK's errors */
export function endHeld({ client }: StateMachines, taskToken: string, cause: string): Promise<boolean> {
  return isTaken(client.send(new SendTaskFailureCommand({ taskToken, error: REJECTED, cause })));
}

// https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html
async function isTaken(sent: Promise<unknown>): Promise<boolean> {
  try {
    await sent;
    return true;
  } catch (error) {
    if (error instanceof TaskDoesNotExist || error instanceof TaskTimedOut || error instanceof InvalidToken)
      return false;
    throw error;
  }
}
