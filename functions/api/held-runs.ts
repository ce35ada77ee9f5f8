import type { Context } from 'hono';
import { FourEyesError, NotHeldError, rejectRun, releaseRun } from '../runs/decide-held.ts';
import { callerOf } from './origin.ts';
import { RequestError } from './problem.ts';
import { isRunName, readRun, type Sources, unknownRun } from './runs.ts';
import type { ReleasedRuns, Run } from './schemas.ts';

const DECIDE = { release: releaseRun, reject: rejectRun } as const;

/**
 * Releases or rejects one held run.
 *
 * @throws RequestError 404 when there is no such run; NotHeldError; FourEyesError; the SDK's errors.
 */
export async function decideRun(
  sources: Sources,
  context: Context,
  { name, how, reason }: { name: string; how: keyof typeof DECIDE; reason: string },
): Promise<Run> {
  if (!isRunName(name)) throw unknownRun(name);
  if ((await sources.holds.find(name)) === null && (await readRun(sources, name)) === null)
    throw unknownRun(name);
  await DECIDE[how](sources, name, { by: callerOf(context), reason });
  const run = await readRun(sources, name);
  if (run === null) throw unknownRun(name);
  return run;
}

/** Releases several runs. One that cannot be released stops no other. @throws the SDK's errors */
export async function releaseRuns(
  sources: Sources,
  context: Context,
  { names, reason }: { names: readonly string[]; reason: string },
): Promise<ReleasedRuns> {
  const runs: ReleasedRuns['runs'] = [];
  for (const name of names) {
    const problem = await decideRun(sources, context, { name, how: 'release', reason }).then(
      () => null,
      problemOf,
    );
    runs.push({ name, status: problem === null ? 'released' : 'refused', problem });
  }
  return { runs };
}

function problemOf(error: unknown): string {
  const isExpected =
    error instanceof RequestError || error instanceof NotHeldError || error instanceof FourEyesError;
  if (!isExpected) throw error;
  return error.message;
}
