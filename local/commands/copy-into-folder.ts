import { chmod, copyFile, mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { OWNER_ONLY } from '../../functions/files/owner-only.ts';
import { isReadableFile, whyUnreadable } from '../runtime/absent.ts';
import { UsageError } from '../runtime/usage-error.ts';
import { BadInputError } from './command.ts';

/**
 * Puts a file where a deployment would find it, under a name that a deployment takes, and returns that name.
 *
 * @param place the command, and the folder below the files' folder in which it looks.
 * @throws BadInputError when the file cannot be read; UsageError when the folder cannot be written.
 */
export async function copyIntoFolder(
  file: string,
  folder: string,
  { command, below }: { command: string; below: string },
): Promise<string> {
  const name = `${below}/${basename(file).replaceAll(/[^\w.-]|^\./g, '-')}`;
  if (!isReadableFile(file)) throw new BadInputError([whyUnreadable(file)]);
  try {
    await mkdir(join(folder, below), { recursive: true, mode: OWNER_ONLY.folder });
    await copyFile(file, join(folder, name));
    // A copy has the mode of what it is a copy of.
    await chmod(join(folder, name), OWNER_ONLY.file);
  } catch (error) {
    throw new UsageError(`${command}: ${error instanceof Error ? error.message : String(error)}`);
  }
  return name;
}
