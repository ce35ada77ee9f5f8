import * as z from 'zod/mini';
import type { FileReader } from '../files/file-store.ts';
import { logger } from '../shared/logger.ts';
import type { WorkerStore } from '../tables/worker-store.ts';
import type { HrDraft, Mode } from './differences.ts';
import { type Engine, tellFindings } from './engine.ts';
import type { Finding } from './known.ts';
import { type AcceptedFile, type AcceptsFile, checkRoster, type Roster, readWorkers } from './roster-file.ts';
import type { RosterFormat } from './roster-format.ts';

/** How the last complete read of a source was. */
const SourceState = z.object({
  count: z.int(),
  columns: z.array(z.string()),
  readAt: z.string(),
  /** Whether its last row had an end; missing in states from before that was kept. */
  hasEnd: z.optional(z.boolean()),
  /** By whose word a file that differs so much was taken; missing where nobody had to give it. */
  accepted: z.optional(z.object({ digest: z.string(), by: z.string() })),
});

export type TakenRoster = {
  mode: Mode;
  people: number;
  events: HrDraft[];
  findings: Finding[];
  /** How many cells could not be read, by field. */
  unreadable: Record<string, number>;
  /** Who has accepted that the file differs so much from the last one; null where nobody had to. */
  accepted: AcceptedFile | null;
};

/**
 * Takes a roster file: the first one sets the baseline, and differences from it become events.
 *
 * @param options.adopts hires those who work here, whose accounts are adopted.
 * @param options.isPlan writes nothing, and puts no event.
 * @param options.acceptedBy who has accepted a file that differs so much from the last one; what they say is recorded.
 * @throws InvalidInputError for a file that cannot be used, of which nothing was used.
 */
export async function takeRosterFile(
  sources: { files: FileReader; store: WorkerStore; engine: Engine; now?: () => number },
  file: string,
  options: { format: RosterFormat; adopts?: boolean; isPlan?: boolean; acceptedBy?: AcceptsFile },
): Promise<TakenRoster> {
  const { files, store, engine, now = Date.now } = sources;
  const { format, adopts = false, isPlan = false, acceptedBy } = options;
  const readAt = new Date(now()).toISOString();
  const last = z.safeParse(SourceState, await store.readState('roster')).data ?? null;
  const lastRead = last === null ? null : { ...last, known: await engine.readKnown() };
  const roster = await checkRoster(files, file, format, lastRead, acceptedBy);
  const mode: Mode = adopts ? 'adopt' : last === null ? 'baseline' : 'changes';
  const workers = readWorkers(files, roster, format);
  const { addresses, count, columns, unreadable, accepted, hasEnd } = roster;
  const unclear = roster.unclear.map(unclearFinding);
  const { events, findings } = await engine.takeAll(workers, { mode, readAt, addresses, isPlan });
  if (!isPlan) {
    tellFindings('roster', unclear);
    if (accepted !== null) logger.warn('roster accepted', { ...accepted, people: count });
    const state = { count, columns: Object.keys(columns), readAt, hasEnd };
    await store.writeState('roster', { ...state, ...(accepted === null ? {} : { accepted }) });
  }
  return { mode, people: count, events, findings: [...findings, ...unclear], unreadable, accepted };
}

/** Nothing follows from a cell that cannot be read, so a person has to look who leaves. */
function unclearFinding({ worker, fields }: Roster['unclear'][number]): Finding {
  const { sourceId, employeeNumber } = worker;
  return {
    kind: 'leaving_unreadable',
    sourceId,
    employeeId: employeeNumber ?? sourceId,
    note: `Whether the person leaves is not known, because ${fields.join(' and ')} cannot be read. Correct it in the file, or declare how it is written.`,
  };
}
