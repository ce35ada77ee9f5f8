import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Gives a run of the tests a folder of its own for what is temporary. Whatever tests, what they test, or commands that
 * they start leave there goes at the end of the run.
 */
export default function temporaryFolder(): () => void {
  // Short, because commands print paths and break lines.
  const folder = mkdtempSync(join(tmpdir(), 't-'));
  // Every worker has it from this process, and every command from its worker.
  process.env.TMPDIR = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
