import * as z from 'zod/mini';
import type { FileStore } from '../files/file-store.ts';
import { journalFolder } from '../files/journal-folder.ts';
import { InvalidInputError } from '../shared/errors.ts';
import { parseJson } from '../shared/json.ts';
import type { Answer, RecordId } from './owned-records.ts';

/** How far a hand-over has come. It is the same wherever the hand-over goes on. */
export const Place = z.object({
  status: z.enum(['more', 'done']),
  /** The step that it belongs to. */
  step: z.string(),
  stage: z.enum(['collect', 'move', 'check']),
  /** The page to read next, while pages are read. */
  position: z.string(),
  /** How many pages were read to collect the ids. */
  pages: z.int(),
  /** How many records the leaver owned at first, and on how many files of ids they are. */
  initial: z.int(),
  parts: z.int(),
  /** The file of ids to move next. */
  next: z.int(),
  /** Who got the last part; null before the first. */
  newOwner: z.nullable(z.string()),
  /** Whether a listed record was missing when it was to be moved: only the list says then that it is gone. */
  missed: z.optional(z.boolean()),
  /** How many files name records that are still the leaver's. */
  left: z.int(),
  /** When it began, in epoch milliseconds. */
  since: z.number(),
});
export type Place = z.infer<typeof Place>;

/**
 * What a hand-over has written down, so that whoever goes on with it counts right and writes no record twice. Each text
 * is written whole or not at all.
 */
export type Journal = {
  readPlace: () => Promise<Place | null>;
  writePlace: (place: Place) => Promise<void>;
  readIds: (kind: 'owned' | 'left', part: number) => Promise<RecordId[]>;
  writeIds: (kind: 'owned' | 'left', part: number, ids: readonly RecordId[]) => Promise<void>;
  /** Notes that a part is begun; says whether it had been before. */
  begin: (part: number) => Promise<boolean>;
  /** What became of a part's records; null before it is through. */
  readAnswers: (part: number) => Promise<Answer[] | null>;
  writeAnswers: (part: number, answers: readonly Answer[]) => Promise<void>;
};

const Id = z.union([z.int(), z.string()]);
const Ids = z.array(Id);
const Answers: z.ZodMiniType<Answer[]> = z.array(
  z.object({
    id: Id,
    is: z.enum(['moved', 'gone', 'refused', 'unconfirmed']),
    reason: z.optional(z.string()),
  }),
);

type Texts = {
  read: (name: string) => Promise<string | null>;
  write: (name: string, text: string) => Promise<void>;
};

/** The journal of one step of a run, in files: `hand-over/<run>/<step>/…`. */
export function fileJournal(files: FileStore, run: string, step: string): Journal {
  const folder = `${journalFolder(run)}/${step}`;
  return journal({
    read: async (name) => {
      const file = `${folder}/${name}.json`;
      const bytes = await files.read(file).catch((error: unknown) => {
        // The store says so where there is no such file.
        if (error instanceof InvalidInputError) return null;
        throw error;
      });
      return bytes === null ? null : textOf(bytes);
    },
    write: (name, text) => files.write(`${folder}/${name}.json`, [text]),
  });
}

/** A journal that ends with the process. */
export function memoryJournal(): Journal {
  const texts = new Map<string, string>();
  return journal({
    read: async (name) => texts.get(name) ?? null,
    write: async (name, text) => void texts.set(name, text),
  });
}

function journal({ read, write }: Texts): Journal {
  const readAs = async <T>(schema: z.ZodMiniType<T>, name: string): Promise<T | null> => {
    const text = await read(name);
    return text === null ? null : z.parse(schema, parseJson(text));
  };
  return {
    readPlace: () => readAs(Place, 'place'),
    writePlace: (place) => write('place', JSON.stringify(place)),
    readIds: async (kind, part) => (await readAs(Ids, numbered(kind, part))) ?? [],
    writeIds: (kind, part, ids) => write(numbered(kind, part), JSON.stringify(ids)),
    begin: async (part) => {
      const name = numbered('begun', part);
      const hasBegun = (await read(name)) !== null;
      if (!hasBegun) await write(name, '{}');
      return hasBegun;
    },
    readAnswers: (part) => readAs(Answers, numbered('answers', part)),
    writeAnswers: (part, answers) => write(numbered('answers', part), JSON.stringify(answers)),
  };
}

function numbered(kind: string, part: number): string {
  return `${kind}-${String(part).padStart(6, '0')}`;
}

async function textOf(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of bytes) pieces.push(piece);
  return Buffer.concat(pieces).toString('utf8');
}
