import { accessSync, constants, existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { nearestName } from '../../functions/shared/nearest.ts';

/** Whether somebody has named a file that can be read. */
export function isReadableFile(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return !statSync(file).isDirectory();
  } catch {
    return false;
  }
}

/** Why a file cannot be read that somebody named, with the one that was probably meant where there is none. */
export function whyUnreadable(file: string): string {
  if (!existsSync(file)) return `${file}: there is no such file${nearPath(file)}`;
  return `${file}: ${statSync(file).isDirectory() ? 'is a folder; expected a file' : 'cannot be read'}`;
}

/** That there is no folder of this name, with the one that was probably meant. */
export function noSuchFolder(folder: string): string {
  return `there is no folder ${folder}${nearPath(folder)}`;
}

/** `; did you mean …?` with a path in the same folder; nothing where none is near. */
function nearPath(path: string): string {
  const parent = dirname(path);
  if (!existsSync(parent) || !statSync(parent).isDirectory()) return '';
  const near = nearestName(basename(path), readdirSync(parent));
  return near === null ? '' : `; did you mean ${join(parent, near)}?`;
}
