import { type App, forEveryApp } from '../functions/shared/apps.ts';
import type { ContractSubject } from './contract-subject.ts';
import { drataLiveSubject, drataSubject } from './drata/contract-subject.ts';
import { driftLiveSubject, driftSubject } from './drift/contract-subject.ts';
import { driftwoodSubject } from './driftwood/contract-subject.ts';
import {
  pipedriveLiveSubject,
  pipedriveScimSubject,
  pipedriveSubject,
} from './pipedrive/contract-subject.ts';
import { salesloftLiveSubject, salesloftSubject } from './salesloft/contract-subject.ts';

/** What the tests of all apps ask of each. */
export const SUBJECTS: Record<App, ContractSubject> = {
  pipedrive: pipedriveSubject,
  drata: drataSubject,
  salesloft: salesloftSubject,
  drift: driftSubject,
  driftwood: driftwoodSubject,
};

/** And of each in every way and every dialect in which it can be asked. */
export const ALL_SUBJECTS: readonly ContractSubject[] = [
  ...Object.values(SUBJECTS),
  pipedriveScimSubject,
  pipedriveLiveSubject,
  drataLiveSubject,
  driftLiveSubject,
  salesloftLiveSubject,
];

/** The accounts in each app's simulator. */
export const SIMULATED_PEOPLE = forEveryApp((app) => SUBJECTS[app].people);

/** A subject in words. */
export function titleOf({ vendor, mode, dialect }: ContractSubject): string {
  const app = [vendor, mode].filter(Boolean).join(' over ');
  return dialect === undefined ? app : `${app}, as it answers today`;
}
