import { fileURLToPath } from 'node:url';
import * as z from 'zod/mini';
import { InvalidInputError } from '../shared/errors.ts';
import type { FileStore } from './file-store.ts';
import { folder } from './folder.ts';

// Letters, digits, hyphens, dots and slashes; nothing that leads out of the folder.
const NAME = /^[\w-][\w.-]*(\/[\w-][\w.-]*)*$/;

/**
 * The store at `s3://<bucket>` or `file:///<folder>`.
 *
 * @throws InvalidInputError for another location.
 */
export function fileStore(location: string): FileStore {
  const url = URL.parse(location);
  // Loaded at the first file, because the client for S3 is as large as everything else in a Lambda.
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

/** Where hand-overs are written down; a laptop keeps that apart from the files that a person reads. */
export function journalStoreFromEnvironment(): FileStore {
  const { HAND_OVER_LOCATION } = process.env;
  return HAND_OVER_LOCATION === undefined ? fileStoreFromEnvironment() : fileStore(HAND_OVER_LOCATION);
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
    list: async function* (folder) {
      for await (const name of store.list(check(folder))) if (NAME.test(name)) yield name;
    },
    remove: async (name) => store.remove(check(name)),
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
    list: async function* (folder) {
      yield* (await opening()).list(folder);
    },
    remove: async (name) => (await opening()).remove(name),
  };
}
