import { LAMBDA_NAMES } from '../../cdk/tenure-stack.ts';
import { testBundles } from '../cdk/bundle-tests.ts';

testBundles(LAMBDA_NAMES);
