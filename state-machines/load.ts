import { fileURLToPath } from 'node:url';
import { APPS } from '../functions/shared/apps.ts';
import { WORKFLOWS } from '../functions/shared/workflow.ts';
import { complianceSync } from './compliance-sync.ts';
import { contactSync } from './contact-sync.ts';
import type { Definition } from './definition.ts';
import { doctor } from './doctor.ts';
import { offboarding } from './offboarding.ts';
import { onboarding } from './onboarding.ts';
import { reconciliation } from './reconciliation.ts';
import { trainingFollowUp } from './training-follow-up.ts';
import { update } from './update.ts';

export const STATE_MACHINES = [
  ...WORKFLOWS,
  'reconciliation',
  'compliance-sync',
  'training-follow-up',
  'contact-sync',
  'doctor',
] as const;
export type StateMachineName = (typeof STATE_MACHINES)[number];

const DEFINITIONS: Record<StateMachineName, Definition> = {
  onboarding,
  offboarding,
  update,
  reconciliation,
  'compliance-sync': complianceSync,
  'training-follow-up': trainingFollowUp,
  'contact-sync': contactSync,
  doctor,
};

const FUNCTIONS = new URL('../functions/', import.meta.url);

/** The folders below functions/ that hold Lambdas; the names of their steps begin with them. */
export const STEP_FOLDERS = [
  ...APPS,
  'workflow',
  'hr',
  'bamboohr',
  'hibob',
  'reconciliation',
  'compliance',
  'training',
  'contacts',
  'webhooks',
  'api',
  'web',
] as const;

/** A state machine as it is deployed and run; `<name>.asl.yaml` shows it whole. */
export function loadStateMachine(name: StateMachineName): Definition {
  return DEFINITIONS[name];
}

/** The placeholders in a definition: the list of the Lambdas it needs. */
export function stepNames(definition: Definition): string[] {
  const placeholders = JSON.stringify(definition).matchAll(/\$\{(\w+)\}/g);
  return [...new Set([...placeholders].map(([, name = '']) => name))];
}

/** The states of a definition that invoke a Lambda, those inside Map and Parallel too, each with its placeholder. */
export function statesByStep(value: unknown): [state: string, step: string][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([state, inner]: [string, unknown]) => {
    const step = placeholderOf(inner);
    return step === undefined ? statesByStep(inner) : [[state, step]];
  });
}

function placeholderOf(state: unknown): string | undefined {
  if (typeof state !== 'object' || state === null || !('Parameters' in state)) return undefined;
  return JSON.stringify(state.Parameters).match(/"FunctionName":"\$\{(\w+)\}"/)?.[1];
}

/**
 * The file of a step, from its name: `PipedriveFindUser` is `functions/pipedrive/find-user.ts`.
 *
 * @throws Error when no folder below functions/ begins the name.
 */
export function stepFile(name: string): string {
  const folder = stepFolder(name);
  const file = name
    .slice(folder.length)
    .replaceAll(/(?<!^)(?=[A-Z])/g, '-')
    .toLowerCase();
  return fileURLToPath(new URL(`${folder}/${file}.ts`, FUNCTIONS));
}

/** The folder of a step: its app, or the feature it belongs to. @throws Error when none begins the name. */
export function stepFolder(name: string): string {
  // The longest that fits, because Driftwood begins with Drift.
  const fitting = STEP_FOLDERS.filter((folder) => name.toLowerCase().startsWith(folder));
  const [folder] = fitting.toSorted((a, b) => b.length - a.length);
  if (folder === undefined) throw new Error(`No folder of steps begins the step name ${name}.`);
  return folder;
}
