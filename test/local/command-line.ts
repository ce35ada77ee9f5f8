import { spawn } from 'node:child_process';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { main } from '../../local/command-line.ts';
import type { CommandIo } from '../../local/commands/command.ts';
import { WIDE_LIMITS } from '../wide-limits.ts';

export type Ended = { code: number | null; stdout: string; stderr: string };

export type Typed = {
  /** Added to the environment of the tests. */
  env?: Record<string, string>;
  /** What is on standard input. */
  input?: string;
  /** Stops the command once its standard output has this. */
  stopAt?: string;
  /** Stops reading standard output at its first line. Only for a command in a process of its own. */
  hangsUp?: boolean;
  /** Opens the first URL that stands on a line of its own. */
  visit?: boolean;
};

export type Started = {
  ended: Promise<Ended>;
  /** Both outputs as they are so far. */
  output: () => string;
  /** As Ctrl-C does. */
  stop: () => void;
};

/** Starts a command in this process, at a company that no vendor limits. */
export function startCommand(words: readonly string[], typed: Typed = {}): Started {
  const watched = watch(typed, () => stopped.abort());
  const stopped = new AbortController();
  const stdin = new PassThrough();
  stdin.end(typed.input ?? '');
  const io: CommandIo = {
    stdout: { write: watched.onStdout },
    stderr: { write: watched.onStderr },
    stdin,
    environment: environmentOf({ env: { ...WIDE_LIMITS, ...typed.env } }),
    stopSignal: () => stopped.signal,
  };
  const ended = main(words, io).then((code) => ({ code, ...watched.outputs() }));
  return { ended, output: watched.output, stop: () => stopped.abort() };
}

/** Runs a command in this process to its end. */
export const runCommand = (words: readonly string[], typed?: Typed) => startCommand(words, typed).ended;

const CLI = fileURLToPath(new URL('../../local/cli.ts', import.meta.url));

/** Starts a command as npm does, in a process of its own. */
export function spawnCommand(words: readonly string[], typed: Typed = {}): Started {
  const child = spawn(process.execPath, [CLI, ...words], { env: environmentOf(typed) });
  const stop = () => child.kill('SIGINT');
  const watched = watch(typed, stop);
  child.stdout.on('data', (chunk) => watched.onStdout(String(chunk)));
  if (typed.hangsUp) child.stdout.once('data', () => child.stdout.destroy());
  child.stderr.on('data', (chunk) => watched.onStderr(String(chunk)));
  child.stdin.end(typed.input ?? '');
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code) => resolve({ code, ...watched.outputs() }));
  });
  return { ended, output: watched.output, stop };
}

function watch({ stopAt, visit = false }: Typed, stop: () => void) {
  const outputs = { stdout: '', stderr: '' };
  let [isVisited, isStopped] = [false, false];
  return {
    onStdout: (text: string) => {
      outputs.stdout += text;
      const [url] = outputs.stdout.match(/^http\S+$/m) ?? [];
      if (visit && !isVisited && url !== undefined) {
        isVisited = true;
        void fetch(url);
      }
      if (isStopped || stopAt === undefined || !outputs.stdout.includes(stopAt)) return;
      isStopped = true;
      stop();
    },
    onStderr: (text: string) => {
      outputs.stderr += text;
    },
    outputs: () => outputs,
    output: () => outputs.stdout + outputs.stderr,
  };
}

function environmentOf({ env }: Typed): NodeJS.ProcessEnv {
  const { FORCE_COLOR: _, ...environment } = process.env;
  return { ...environment, NO_COLOR: '1', ...env };
}
