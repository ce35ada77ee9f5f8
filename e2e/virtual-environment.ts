import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from './run-command.ts';

const REQUIREMENTS = fileURLToPath(new URL('requirements.txt', import.meta.url));
// Below .venv and not .venv itself, because other Python tools have pins of their own.
const DIRECTORY = fileURLToPath(new URL('../.venv/ministack', import.meta.url));
const INSTALLED = join(DIRECTORY, 'installed-requirements.txt');

const ONE_MINUTE_MS = 60_000;

/**
 * Makes the virtual environment with what requirements.txt pins, unless it is there already.
 *
 * @returns the path of its Python.
 * @throws Error when there is no Python 3.10 or later with venv and pip, or the packages cannot be had.
 */
export async function ensureVirtualEnvironment(signal: AbortSignal): Promise<string> {
  const python = join(DIRECTORY, 'bin', 'python');
  const requirements = readFileSync(REQUIREMENTS, 'utf8');
  if (existsSync(INSTALLED) && readFileSync(INSTALLED, 'utf8') === requirements) return python;

  // What an interrupted installation left is not worth mending.
  rmSync(DIRECTORY, { recursive: true, force: true });
  const run = (command: string, words: readonly string[], minutes: number) =>
    runCommand(command, words, { env: process.env, timeoutMs: minutes * ONE_MINUTE_MS, signal });
  await run('python3', ['-c', 'import sys; assert sys.version_info >= (3, 10)'], 1).catch((error: Error) => {
    throw new Error(
      `The emulator needs Python 3.10 or later with venv and pip, as python3. ${error.message}`,
    );
  });
  await run('python3', ['-m', 'venv', DIRECTORY], 1);
  await run(
    python,
    [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      '--require-hashes',
      '-r',
      REQUIREMENTS,
    ],
    5,
  );
  writeFileSync(INSTALLED, requirements);
  return python;
}
