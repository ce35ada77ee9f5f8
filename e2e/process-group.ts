import type { ChildProcess } from 'node:child_process';

/** Sends a signal to a process that was spawned detached, and to all that it has started. */
export function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // All of them have ended already.
  }
}
