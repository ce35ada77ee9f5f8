import { newOwnerCheckStep } from '../vendor/new-owner-check.ts';
import { pipedriveHandOver } from './hand-over-client.ts';

export const handler = newOwnerCheckStep('PipedriveCheckNewOwner', 'pipedrive', pipedriveHandOver);
