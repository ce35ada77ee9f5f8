import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { InvalidInputError } from '../shared/errors.ts';
import { changedFile, type FileStore } from './file-store.ts';
import { OWNER_ONLY } from './owner-only.ts';

/** The files of a folder on this machine; only their owner can read what is written. */
export function folder(path: string): FileStore {
  const missing = (name: string) => new InvalidInputError(`The folder ${path} has no file ${name}.`);
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
    list: async function* (name) {
      const entries = await readdir(join(path, name), { recursive: true, withFileTypes: true }).catch(
        () => [],
      );
      const files = entries.filter((entry) => entry.isFile());
      yield* files.map(({ parentPath, name: file }) => relative(path, join(parentPath, file))).toSorted();
    },
    remove: (name) => rm(join(path, name), { force: true }),
    write: async (name, content) => {
      const file = join(path, name);
      await mkdir(dirname(file), { recursive: true, mode: OWNER_ONLY.folder });
      const unfinished = `${file}.${process.pid}.part`;
      await pipeline(content, createWriteStream(unfinished, { mode: OWNER_ONLY.file }));
      await rename(unfinished, file);
    },
  };
}
