import { describe } from 'vitest';
import { proveBundles } from '../bundle-tests.ts';
import { deployment } from './deployments.ts';

// One of each kind that has a budget of bytes; test/slow has all.
describe('the bundles', () => {
  proveBundles(deployment, ['ApiHandler', 'WebhooksReceive', 'WorkflowStart', 'PipedriveDeactivateUser']);
});
