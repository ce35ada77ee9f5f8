import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { OWNER_ONLY } from '../../functions/files/owner-only.ts';
import { quoted } from './quoted.ts';
import { UsageError } from './usage-error.ts';

/** Where files are written unless an option names a folder. */
export const DEFAULT_FOLDER = 'tenure-files';

/**
 * Makes a folder that an option names, unless it is there, for its owner only.
 *
 * @throws UsageError when nothing can be written into it, or others can write into it too.
 */
export function makeFolder(option: string, folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: OWNER_ONLY.folder });
    accessSync(folder, constants.W_OK);
  } catch {
    throw new UsageError(`${option}: ${folder} cannot be written to; expected a folder, which may be new`);
  }
  const problem = problemOfOwner(folder);
  if (problem !== null) throw new UsageError(`${option}: ${problem}`);
}

/**
 * What to do about a folder into which other users may write: what they put there is believed, and a link of theirs leads
 * to a file that is overwritten. Null where there is nothing to do.
 */
function problemOfOwner(folder: string): string | null {
  // Windows has no such modes.
  if (process.getuid === undefined) return null;
  const { uid, mode } = statSync(folder);
  if (uid !== process.getuid() && uid !== 0)
    return `${folder} belongs to another user of this machine; expected a folder of your own`;
  if ((mode & 0o022) === 0) return null;
  return `${folder}: others on this machine can write into it; close it with: chmod go-w ${quoted(folder)}`;
}

/**
 * Takes the folder of `--state` for this process, because a second process would overwrite what the first keeps.
 * Returns how to give the folder back. A process that has died no longer holds it.
 *
 * @throws UsageError when another process has it.
 */
export function takeStateFolder(folder: string): () => void {
  makeFolder('--state', folder);
  const file = join(folder, 'process-id');
  const holder = existsSync(file) ? Number(readFileSync(file, 'utf8')) : process.pid;
  if (holder !== process.pid && isRunning(holder))
    throw new UsageError(
      `--state: ${folder} is in use by process ${holder}; end that first. If it is something else, delete ${file}.`,
    );
  writeFileSync(file, String(process.pid), { mode: OWNER_ONLY.file });
  return () => rmSync(file, { force: true });
}

function isRunning(processId: number): boolean {
  try {
    return process.kill(processId, 0);
  } catch (error) {
    // A process of another user runs, although it cannot be signalled.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
