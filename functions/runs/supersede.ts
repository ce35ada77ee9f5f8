import type { Origin } from '../shared/origin.ts';
import type { Report } from '../shared/report.ts';
import type { IdentityStore } from '../tables/identity-store.ts';
import type { RunRef } from '../tables/order-store.ts';
import { describeRun, type StateMachines, stopRun } from './state-machines.ts';

type Sources = {
  machines: StateMachines;
  store: Pick<IdentityStore, 'readProfile' | 'readRuns' | 'writeReport'>;
};

/** The report of a run that did nothing, because a later event was accepted. */
export function supersededReport(run: {
  workflow: Report['workflow'];
  employeeId: string;
  email: string;
  by: string;
  origin: Origin | null;
  dueAt: string | null;
}): Report {
  const { by, ...facts } = run;
  return { ...facts, status: 'superseded', supersededBy: by, lastLoginShutAt: null, apps: [] };
}

/**
 * Records that an event came too late. No run is started for it.
 *
 * @param late.run the run that it would have started.
 * @param late.by the run, or the employee id, that took its place.
 * @throws the store's errors.
 */
export async function recordSuperseded(
  { store }: Sources,
  employeeId: string,
  { run, by, origin }: { run: RunRef; by: string; origin: Origin | null },
): Promise<void> {
  const before = (await store.readRuns(employeeId)).find(({ execution }) => execution === run.name);
  if (before !== undefined) return;
  const startedAt = new Date().toISOString();
  await writeSuperseded(store, employeeId, { run, by, startedAt, origin, dueAt: null });
}

/**
 * Stops a run that waits for its moment, and writes into its report what took its place.
 *
 * @throws the store's errors; the SDK's errors.
 */
export async function replaceRun(
  { machines, store }: Sources,
  employeeId: string,
  run: RunRef,
  by: string,
): Promise<void> {
  const execution = await describeRun(machines, run);
  const row = (await store.readRuns(employeeId)).findLast(({ execution: name }) => name === run.name);
  // It is over, and has said what it did.
  if (execution?.status !== 'running') return;
  await stopRun(machines, run, {
    error: 'Superseded',
    cause: `The run ${by} took its place before its moment.`,
  });
  await writeSuperseded(store, employeeId, {
    run,
    by,
    startedAt: row?.startedAt ?? execution.startedAt,
    origin: row?.origin ?? null,
    dueAt: row?.dueAt ?? null,
  });
}

async function writeSuperseded(
  store: Sources['store'],
  employeeId: string,
  superseded: { run: RunRef; by: string; startedAt: string; origin: Origin | null; dueAt: string | null },
): Promise<void> {
  const email = (await store.readProfile(employeeId))?.email ?? '';
  const { run, by, startedAt, origin, dueAt } = superseded;
  const { workflow, name: execution } = run;
  // Where only some apps were held, the others are done.
  const before = (await store.readRuns(employeeId)).findLast((row) => row.execution === execution);
  const apps = before?.report?.apps.filter(({ status }) => status !== 'held') ?? [];
  const report = { ...supersededReport({ workflow, employeeId, email, by, origin, dueAt }), apps };
  await store.writeReport({ workflow, execution, startedAt, origin, dueAt }, report);
}
