import type { Context } from 'aws-lambda';

/** What Lambda tells a handler beside its event. */
export const LAMBDA_CONTEXT: Context = {
  callbackWaitsForEmptyEventLoop: false,
  functionName: 'step',
  functionVersion: '1',
  invokedFunctionArn: 'arn:aws:lambda:eu-central-1:111122223333:function:step',
  memoryLimitInMB: '128',
  awsRequestId: 'r-1',
  logGroupName: 'step',
  logStreamName: 'step',
  getRemainingTimeInMillis: () => 30_000,
  done: () => {},
  fail: () => {},
  succeed: () => {},
};
