import { ExecutionAbortedError } from 'aws-local-stepfunctions';
import type { Engine } from '../aws/engine.ts';
import { RunStoppedError } from './run-stopped-error.ts';

/** How an execution ended. The failure is undefined when it succeeded. */
export type ExecutionEnd = { output: unknown; failure: unknown };

export type Executions = {
  /** Runs a machine to its end. @throws RunStoppedError when it was stopped, before or meanwhile */
  runToEnd: (...run: Parameters<Engine['start']>) => Promise<ExecutionEnd>;
  /** Ends what is running, for good: nothing runs afterwards. */
  stop: () => void;
};

/** The executions that this process itself waits for, so that they can be stopped. */
export function createExecutions(engine: Engine): Executions {
  const aborts = new Set<() => void>();
  let isStopped = false;
  return {
    runToEnd: async (...run) => {
      if (isStopped) throw new RunStoppedError();
      const { result, abort } = engine.start(...run);
      aborts.add(abort);
      const end = await result.then(
        (output: unknown) => ({ output, failure: undefined }),
        (failure: unknown) => ({ output: null, failure }),
      );
      aborts.delete(abort);
      if (end.failure instanceof ExecutionAbortedError) throw new RunStoppedError();
      return end;
    },
    stop: () => {
      isStopped = true;
      for (const abort of aborts) abort();
    },
  };
}
