import { randomUUID } from 'node:crypto';

type Pending = {
  execution: string;
  succeed: (output: unknown) => void;
  fail: (error: Error) => void;
};

/**
 * The tokens for which states wait: https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html
 * The engine knows no such states, so each is a task here whose handler waits.
 */
export type TaskTokens = {
  /** A token that no other state has. */
  issue: () => string;
  /** Waits for the token, in a state that an invocation of its Lambda has begun. @throws what ends the token */
  waitFor: (token: string, execution: string, invoke: () => Promise<void>) => Promise<unknown>;
  /** Ends a state's wait. False where no state waits for the token. */
  succeed: (token: string, output: unknown) => boolean;
  /** Ends a state's wait with an error. False where no state waits for the token. */
  fail: (token: string, error: { error: string; cause: string }) => boolean;
  /** Ends what an execution waits for that was aborted, so that nothing of it is left in this process. */
  drop: (execution: string) => void;
  /** The token for which an execution waits, and for nothing else; null where there is none. */
  tokenOf: (execution: string) => string | null;
  /** Resolves as soon as an execution waits for a token and nothing else. */
  held: (execution: string) => Promise<void>;
};

export function createTaskTokens(): TaskTokens {
  const pending = new Map<string, Pending>();
  // By execution, once the state's Lambda has ended, so that only the token can end the state.
  const held = new Map<string, string>();
  const watchers = new Map<string, (() => void)[]>();

  const end = (token: string, how: (waiting: Pending) => void): boolean => {
    const waiting = pending.get(token);
    pending.delete(token);
    if (waiting === undefined) return false;
    held.delete(waiting.execution);
    how(waiting);
    return true;
  };

  return {
    issue: randomUUID,
    tokenOf: (execution) => held.get(execution) ?? null,
    drop: (execution) => {
      for (const [token, waiting] of pending)
        if (waiting.execution === execution) end(token, ({ fail }) => fail(new Error('It was aborted.')));
    },
    waitFor: async (token, execution, invoke) => {
      const ended = Promise.withResolvers<unknown>();
      pending.set(token, { execution, succeed: ended.resolve, fail: ended.reject });
      // The Lambda may end the wait itself, and what it is told by is not handled before it has ended.
      ended.promise.catch(() => {});
      try {
        await invoke();
      } catch (error) {
        pending.delete(token);
        throw error;
      }
      if (pending.has(token)) {
        held.set(execution, token);
        for (const tell of watchers.get(execution)?.splice(0) ?? []) tell();
      }
      return ended.promise;
    },
    succeed: (token, output) => end(token, (waiting) => waiting.succeed(output)),
    fail: (token, { error, cause }) =>
      end(token, (waiting) => {
        const failure = new Error(cause);
        failure.name = error;
        waiting.fail(failure);
      }),
    held: (execution) => {
      if (held.has(execution)) return Promise.resolve();
      return new Promise((resolve) => {
        watchers.set(execution, [...(watchers.get(execution) ?? []), resolve]);
      });
    },
  };
}
