import type { Readable } from 'node:stream';
import { InvalidInputError } from '../shared/errors.ts';

/** Files in a bucket or in a folder of this machine. They are read and written as streams, whatever their size. */
export type FileStore = {
  /**
   * The bytes of a file.
   *
   * @throws InvalidInputError when there is no such file, the name is not allowed, or the file has changed.
   */
  read(name: string, part?: FilePart): Promise<Readable>;
  /**
   * A text that changes whenever the content of the file does.
   *
   * @throws InvalidInputError when there is no such file, or the name is not allowed.
   */
  version(name: string): Promise<string>;
  /**
   * Writes a whole file or nothing. It replaces an older file of that name.
   *
   * @throws InvalidInputError when the name is not allowed.
   */
  write(name: string, content: AsyncIterable<string> | Iterable<string>): Promise<void>;
  /** The names of all files in a folder, and in folders in it, in the order of their names. */
  list(folder: string): AsyncIterable<string>;
  /** Removes a file; nothing happens where there is none. @throws InvalidInputError when the name is not allowed */
  remove(name: string): Promise<void>;
};

/** What a reader of files needs. */
export type FileReader = Pick<FileStore, 'read' | 'version'>;

/** The rest of a file from a byte on, if the file still has this version. */
export type FilePart = { from: number; version: string };

/** The error for a reader whose file was replaced. */
export function changedFile(name: string): InvalidInputError {
  return new InvalidInputError(`The file ${name} was changed while it was being read. Start again.`);
}
