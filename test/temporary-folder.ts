import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

// Each test file has a folder of its own for what is temporary: whatever the file, what it tests, or a command that it
// starts leaves there goes at its end. The hooks of the file itself, which close things, run before this one.
const { TMPDIR } = process.env;
// Short, because commands print paths and break lines.
const folder = mkdtempSync(join(tmpdir(), 't-'));
process.env.TMPDIR = folder;

afterAll(() => {
  if (TMPDIR === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = TMPDIR;
  rmSync(folder, { recursive: true, force: true });
});
