import type { RunFilter, RunSummary } from '../../functions/api/schemas.ts';
import { apiSources } from '../runtime/api-sources.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { allPages } from './all-pages.ts';
import { didYouMeanId } from './near-id.ts';

/** The runs that a filter asks for, the newest first. @throws the SDK's errors */
export async function allRuns(runtime: Runtime, filter: RunFilter = {}): Promise<RunSummary[]> {
  // Loaded only now, because the environment that it reads is the runtime's.
  const { listNewestRuns } = await import('../../functions/api/run-list.ts');
  const sources = await apiSources(runtime);
  const pages = await allPages((more) => listNewestRuns(sources, { ...filter, ...more }));
  return pages.flatMap(({ runs }) => runs);
}

/** That a run was asked for by a name that none has. @throws the SDK's errors */
export async function noSuchRun(runtime: Runtime, name: string): Promise<string> {
  const runs = await allRuns(runtime);
  const names = runs.map((run) => run.name);
  const next = didYouMeanId(name, names) || ' npm start -- runs lists all.';
  return `There is no run ${JSON.stringify(name)}.${next}`;
}
