import { LAMBDA_NAMES } from '../../cdk/tenure-stack.ts';
import { proveBundles } from '../cdk/bundle-tests.ts';
import { synthesize } from '../cdk/synthesize.ts';

const deployed = synthesize({
  driftwoodPasswordRotationDays: '30',
  jwtIssuer: 'https://id.example',
  jwtAudience: 'tenure',
  pageClientId: 'page',
});

proveBundles(deployed, LAMBDA_NAMES);
