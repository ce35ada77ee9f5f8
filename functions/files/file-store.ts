import type { Readable } from 'node:stream';
import { InvalidInputError } from '../shared/errors.ts';

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

/** What a reader is told whose file was replaced meanwhile. */
export function changedFile(name: string): InvalidInputError {
  return new InvalidInputError(`The file ${name} was changed while it was being read. Start again.`);
}
