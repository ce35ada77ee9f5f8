import { basename, dirname, join } from 'node:path';
import { shownPath } from './places.ts';

/**
 * Where files were written: each folder once, because a whole path is longer than most lines.
 *
 * @param files names below the folder, as a step returns them.
 */
export function fileLines(folder: string, files: readonly string[]): string[] {
  const byFolder = Map.groupBy(files, (file) => shownPath(dirname(join(folder, file))));
  return [...byFolder].flatMap(([near, names]) => [
    `In ${near}:`,
    ...names.map((name) => `  ${basename(name)}`),
  ]);
}
