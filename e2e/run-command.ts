import { spawn } from 'node:child_process';
import { signalGroup } from './process-group.ts';

export type CommandOptions = {
  /** The whole environment of the command. */
  env: NodeJS.ProcessEnv;
  cwd?: string;
  /** How long it may take, in milliseconds. */
  timeoutMs: number;
  /** Ends the command early. */
  signal: AbortSignal;
};

// Enough of a failed command's output to see why.
const TAIL_LINES = 40;

/**
 * Runs a command to its end and returns what it printed.
 *
 * @throws Error with the end of the output when it fails, takes too long, or is not installed.
 */
export async function runCommand(
  command: string,
  words: readonly string[],
  { env, cwd, timeoutMs, signal }: CommandOptions,
): Promise<string> {
  signal.throwIfAborted();
  const inTime = AbortSignal.timeout(timeoutMs);
  const ending = AbortSignal.any([inTime, signal]);
  return new Promise((resolve, reject) => {
    // A process group of its own, because commands start others, which would go on.
    const child = spawn(command, words, { env, cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const kill = () => signalGroup(child, 'SIGKILL');
    ending.addEventListener('abort', kill);
    let output = '';
    const keep = (chunk: unknown) => {
      output += String(chunk);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const fail = (how: string) =>
      reject(new Error(`${command} ${words.join(' ')}: ${how}\n${lastLines(output)}`));
    child.on('error', ({ message }) => fail(message));
    child.on('close', (code) => {
      ending.removeEventListener('abort', kill);
      if (code === 0) return resolve(output);
      return fail(inTime.aborted ? `took longer than ${timeoutMs / 1000} s` : `ended with code ${code}`);
    });
  });
}

function lastLines(output: string): string {
  return output.trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
}
