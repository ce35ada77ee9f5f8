import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import * as z from 'zod/mini';
import { InvalidInputError } from './errors.ts';

/** Files in a bucket, or in a folder of this machine. Both ways they go as streams, whatever their size. */
export type FileStore = {
  /**
   * The bytes of a file.
   *
   * @throws InvalidInputError when there is no such file, it cannot be one of this store, or it is another version.
   */
  read(name: string, part?: FilePart): Promise<Readable>;
  /**
   * What tells this content of a file from any other it has had or will have.
   *
   * @throws InvalidInputError when there is no such file, or it cannot be one of this store.
   */
  version(name: string): Promise<string>;
  /**
   * Writes a file whole or not at all, in the place of an older one of that name.
   *
   * @throws InvalidInputError when the name cannot be one of this store.
   */
  write(name: string, content: AsyncIterable<string> | Iterable<string>): Promise<void>;
};

/** The rest of a file from a byte on, as long as the file is still of this version. */
export type FilePart = { from: number; version: string };

// Letters, digits and what stands between them; nothing that leads out of the folder.
const NAME = /^[\w-][\w.-]*(\/[\w-][\w.-]*)*$/;

/**
 * The store at `s3://<bucket>` or `file:///<folder>`.
 *
 * @throws InvalidInputError when the location is neither.
 */
export function fileStore(location: string): FileStore {
  const url = URL.parse(location);
  // Loaded with the first file: the client for S3 is as large as everything else in a Lambda.
  if (url?.protocol === 's3:')
    return named(opened(() => import('./bucket.ts').then(({ bucket }) => bucket(url.hostname))));
  if (url?.protocol === 'file:') return named(folder(fileURLToPath(url)));
  throw new InvalidInputError('FILES_LOCATION must be s3://<bucket> or file:///<folder>.');
}

/** The store of this deployment, from the environment. */
export function fileStoreFromEnvironment(): FileStore {
  const { FILES_LOCATION } = z.parse(z.object({ FILES_LOCATION: z.string() }), process.env);
  return fileStore(FILES_LOCATION);
}

function named(store: FileStore): FileStore {
  const check = (name: string) => {
    if (!NAME.test(name)) throw new InvalidInputError(`${name} cannot be the name of a file.`);
    return name;
  };
  return {
    read: async (name, part) => store.read(check(name), part),
    version: async (name) => store.version(check(name)),
    write: async (name, content) => store.write(check(name), content),
  };
}

function opened(open: () => Promise<FileStore>): FileStore {
  let store: Promise<FileStore> | undefined;
  const opening = () => {
    store ??= open();
    return store;
  };
  return {
    read: async (name, part) => (await opening()).read(name, part),
    version: async (name) => (await opening()).version(name),
    write: async (name, content) => (await opening()).write(name, content),
  };
}

/** What a reader is told whose file was replaced meanwhile. */
export function changedFile(name: string): InvalidInputError {
  return new InvalidInputError(`The file ${name} was changed while it was being read. Start again.`);
}

function folder(path: string): FileStore {
  const missing = (name: string) => new InvalidInputError(`There is no file ${name} in the folder ${path}.`);
  const version = async (name: string) => {
    const found = await stat(join(path, name)).catch(() => undefined);
    if (!found?.isFile()) throw missing(name);
    return `${found.mtimeMs}-${found.size}`;
  };
  return {
    read: async (name, part) => {
      if (part !== undefined && (await version(name)) !== part.version) throw changedFile(name);
      const file = createReadStream(join(path, name), { start: part?.from ?? 0 });
      await new Promise((resolve, reject) => {
        file.once('open', resolve);
        file.once('error', () => reject(missing(name)));
      });
      return file;
    },
    version,
    write: async (name, content) => {
      const file = join(path, name);
      await mkdir(dirname(file), { recursive: true });
      const unfinished = `${file}.${process.pid}.part`;
      await pipeline(content, createWriteStream(unfinished));
      await rename(unfinished, file);
    },
  };
}
