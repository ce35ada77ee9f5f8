import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import * as z from 'zod/mini';
import { OWNER_ONLY } from '../../functions/files/owner-only.ts';
import { parseJson } from '../../functions/shared/json.ts';
import { UsageError } from './usage-error.ts';

/** Writes a value as JSON into a file that only its owner can read. A crash leaves the old file or the new one. */
export function keepFile(file: string, value: unknown): void {
  const draft = `${file}.draft`;
  // The mode counts only for a file that is new.
  rmSync(draft, { force: true });
  writeFileSync(draft, JSON.stringify(value), { mode: OWNER_ONLY.file });
  renameSync(draft, file);
}

/**
 * What `keepFile` has written; null where there is no such file.
 *
 * @param remedy what a person does about a damaged file.
 * @throws UsageError when the file is damaged.
 */
export function readKeptFile<T>(file: string, form: z.ZodMiniType<T>, remedy: string): T | null {
  if (!existsSync(file)) return null;
  const kept = z.safeParse(form, parseJson(readFileSync(file, 'utf8')));
  if (kept.success) return kept.data;
  throw new UsageError(`--state: ${file} is damaged; ${remedy}.`);
}
