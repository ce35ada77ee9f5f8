import type { EngineEvent } from './engine.ts';

/**
 * An event as Step Functions writes it into the history of an execution, without the data:
 * https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html
 */
export type HistoryRecord = {
  id: number;
  previousEventId: number;
  /** In seconds since the epoch. */
  timestamp: number;
  type: string;
  stateEnteredEventDetails?: { name: string };
  stateExitedEventDetails?: { name: string };
  taskFailedEventDetails?: { resourceType: string; resource: string; error: string };
};

type Details = Omit<HistoryRecord, 'id' | 'previousEventId' | 'timestamp' | 'type'>;

export type ExecutionHistory = {
  records: readonly HistoryRecord[];
  add: (event: EngineEvent) => void;
};

/** The history of one execution, made from the engine's events: the execution, its states, each attempt of a task. */
export function executionHistory(): ExecutionHistory {
  const records: HistoryRecord[] = [];
  const lastOfState = new Map<string, HistoryRecord>();

  const record = (type: string, { timestamp }: EngineEvent, state?: string, details: Details = {}) => {
    const before = state === undefined ? records.at(-1) : (lastOfState.get(state) ?? records.at(-1));
    const entry = {
      id: records.length + 1,
      previousEventId: before?.id ?? 0,
      timestamp: timestamp / 1000,
      type,
      ...details,
    };
    records.push(entry);
    if (state !== undefined) lastOfState.set(state, entry);
  };

  const add = (event: EngineEvent): void => {
    if (event.type.startsWith('Execution')) record(event.type, event);
    if (!('state' in event)) return;
    const { name, type } = event.state;
    const isTask = type === 'Task';
    switch (event.type) {
      case 'StateEntered':
        record(`${type}StateEntered`, event, name, { stateEnteredEventDetails: { name } });
        if (isTask) record('TaskScheduled', event, name);
        return;
      case 'StateRetried':
        if (isTask) record('TaskScheduled', event, name);
        return;
      case 'StateFailed':
        if (isTask) record('TaskFailed', event, name, { taskFailedEventDetails: lambdaFailure(event.Error) });
        return;
      case 'StateExited':
        if (isTask && lastOfState.get(name)?.type !== 'TaskFailed') record('TaskSucceeded', event, name);
        record(`${type}StateExited`, event, name, { stateExitedEventDetails: { name } });
        return;
    }
  };

  return { records, add };
}

function lambdaFailure(error: string) {
  return { resourceType: 'lambda', resource: 'invoke', error };
}
