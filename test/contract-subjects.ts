import type { App } from '../functions/shared/apps.ts';
import type { ContractSubject } from './contract-subject.ts';
import { drataSubject } from './drata/contract-subject.ts';
import { driftSubject } from './drift/contract-subject.ts';
import { driftwoodSubject } from './driftwood/contract-subject.ts';
import { pipedriveSubject } from './pipedrive/contract-subject.ts';
import { salesloftSubject } from './salesloft/contract-subject.ts';

/** What the contract suite asks of each app. */
export const SUBJECTS: Record<App, ContractSubject> = {
  pipedrive: pipedriveSubject,
  drata: drataSubject,
  salesloft: salesloftSubject,
  drift: driftSubject,
  driftwood: driftwoodSubject,
};
