import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import * as z from 'zod/mini';
import { APPS } from '../functions/shared/apps.ts';

export const STATE_MACHINES = [
  'onboarding',
  'offboarding',
  'reconciliation',
  'compliance-sync',
  'training-follow-up',
  'contact-sync',
] as const;
export type StateMachineName = (typeof STATE_MACHINES)[number];

const Definition = z.looseObject({ StartAt: z.string(), States: z.record(z.string(), z.unknown()) });
export type Definition = z.infer<typeof Definition>;

const FUNCTIONS = new URL('../functions/', import.meta.url);

/** The folders below functions/ that hold Lambdas; the names of their steps begin with them. */
export const STEP_FOLDERS = [
  ...APPS,
  'workflow',
  'reconciliation',
  'compliance',
  'training',
  'contacts',
  'webhooks',
  'api',
] as const;

/** A state machine in Amazon States Language, with `${PipedriveFindUser}` where a Lambda's ARN belongs. */
export function loadStateMachine(name: StateMachineName): Definition {
  const known = loaded.get(name);
  if (known !== undefined) return known;
  const text = readFileSync(new URL(`${name}.asl.yaml`, import.meta.url), 'utf8');
  const definition = z.parse(Definition, parse(text));
  loaded.set(name, definition);
  return definition;
}

// Whoever starts an execution asks for its definition, and no file changes meanwhile.
const loaded = new Map<StateMachineName, Definition>();

/** The placeholders in a definition: the list of the Lambdas it needs. */
export function stepNames(definition: Definition): string[] {
  const placeholders = JSON.stringify(definition).matchAll(/\$\{(\w+)\}/g);
  return [...new Set([...placeholders].map(([, name = '']) => name))];
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
