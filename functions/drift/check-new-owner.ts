import { newOwnerCheckStep } from '../vendor/new-owner-check.ts';
import { drift } from './client.ts';

export const handler = newOwnerCheckStep('DriftCheckNewOwner', 'drift', drift);
