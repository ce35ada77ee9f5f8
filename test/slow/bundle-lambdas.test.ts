import { LAMBDA_NAMES } from '../../cdk/tenure-stack.ts';
import { proveBundles } from '../cdk/bundle-tests.ts';

proveBundles(LAMBDA_NAMES);
