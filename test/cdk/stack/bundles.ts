import { proveBundles } from './bundle-tests.ts';

// One of each kind that has a budget of bytes; test/slow has all.
proveBundles([
  'ApiHandler',
  'WebhooksReceive',
  'WorkflowStart',
  'WorkflowConclude',
  'WorkflowRecordAccounts',
  'PipedriveDeactivateUser',
  'DrataAskPending',
]);
