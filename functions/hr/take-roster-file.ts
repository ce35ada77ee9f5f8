import * as z from 'zod/mini';
import type { FileReader } from '../files/file-store.ts';
import { InvalidInputError } from '../shared/errors.ts';
import { logger } from '../shared/logger.ts';
import type { WorkerStore } from '../tables/worker-store.ts';
import type { HrDraft, Mode } from './differences.ts';
import { type Engine, tellFindings } from './engine.ts';
import { type Finding, unclearFindings } from './known.ts';
import { type AcceptedFile, type AcceptsFile, checkRoster, readWorkers } from './roster-file.ts';
import type { RosterFormat } from './roster-format.ts';

/** How the last complete read of a source was. */
const SourceState = z.object({
  count: z.int(),
  columns: z.array(z.string()),
  readAt: z.string(),
  /** When the file was written, as an ISO instant; missing where nobody knows. */
  writtenAt: z.optional(z.string()),
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
 * @param options.writtenAt when the file was written, as an ISO instant: one that is older than the last says nothing.
 * @param options.acceptedBy who has accepted a file that differs so much from the last one; what they say is recorded.
 * @throws InvalidInputError for a file that cannot be used, of which nothing was used.
 */
export async function takeRosterFile(
  sources: { files: FileReader; store: WorkerStore; engine: Engine; now?: () => number },
  file: string,
  options: {
    format: RosterFormat;
    adopts?: boolean;
    isPlan?: boolean;
    acceptedBy?: AcceptsFile;
    writtenAt?: string;
  },
): Promise<TakenRoster> {
  const { files, store, engine, now = Date.now } = sources;
  const { format, adopts = false, isPlan = false, acceptedBy, writtenAt } = options;
  const readAt = new Date(now()).toISOString();
  const last = z.safeParse(SourceState, await store.readState('roster')).data ?? null;
  assertNotOlder(file, writtenAt, last?.writtenAt);
  const lastRead = last === null ? null : { ...last, known: await engine.readKnown() };
  const roster = await checkRoster(files, file, format, lastRead, acceptedBy);
  const mode: Mode = adopts ? 'adopt' : last === null ? 'baseline' : 'changes';
  const workers = readWorkers(files, roster, format);
  const { addresses, count, columns, unreadable, accepted, hasEnd } = roster;
  const unclear = roster.unclear.flatMap(({ worker, fields }) => unclearFindings(worker, fields));
  const { events, findings } = await engine.takeAll(workers, { mode, readAt, addresses, isPlan });
  if (!isPlan) {
    tellFindings('roster', unclear);
    if (accepted !== null) logger.warn('roster accepted', { ...accepted, people: count });
    const state = { count, columns: Object.keys(columns), readAt, writtenAt, hasEnd };
    await store.writeState('roster', { ...state, ...(accepted === null ? {} : { accepted }) });
  }
  return { mode, people: count, events, findings: [...findings, ...unclear], unreadable, accepted };
}

/** A file may be delivered late, or once more from the dead letters. */
function assertNotOlder(file: string, writtenAt: string | undefined, last: string | undefined): void {
  if (writtenAt === undefined || last === undefined || Date.parse(writtenAt) >= Date.parse(last)) return;
  throw new InvalidInputError(
    `${file} is refused, and nothing of it was used: it was written at ${writtenAt}, and one that was written at ${last} was taken since. If it is right, put it there once more.`,
  );
}
