import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import * as z from 'zod/mini';
import { InvalidInputError } from './errors.ts';

/** Files in a bucket, or in a folder of this machine. Both ways they go as streams, whatever their size. */
export type FileStore = {
  /** @throws InvalidInputError when there is no such file, or it cannot be one of this store. */
  read(name: string): Promise<Readable>;
  /**
   * Writes a file whole or not at all, in the place of an older one of that name.
   *
   * @throws InvalidInputError when the name cannot be one of this store.
   */
  write(name: string, content: AsyncIterable<string> | Iterable<string>): Promise<void>;
};

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
    read: async (name) => store.read(check(name)),
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
    read: async (name) => (await opening()).read(name),
    write: async (name, content) => (await opening()).write(name, content),
  };
}

function folder(path: string): FileStore {
  return {
    read: async (name) => {
      const file = createReadStream(join(path, name));
      await new Promise((resolve, reject) => {
        file.once('open', resolve);
        file.once('error', () =>
          reject(new InvalidInputError(`There is no file ${name} in the folder ${path}.`)),
        );
      });
      return file;
    },
    write: async (name, content) => {
      const file = join(path, name);
      await mkdir(dirname(file), { recursive: true });
      const unfinished = `${file}.${process.pid}.part`;
      await pipeline(content, createWriteStream(unfinished));
      await rename(unfinished, file);
    },
  };
}
