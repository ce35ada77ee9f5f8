import type { Workflow } from '../functions/shared/workflow.ts';
import { invoke, type State } from './definition.ts';
import { TURN_RETRY, WORKFLOW_RETRY } from './retry.ts';

/**
 * The states between a run's moment and its first write: the run takes its employee's turn, or ends because a later
 * event was accepted meanwhile.
 *
 * @param next the state in which the run begins to act.
 */
export function turnStates(workflow: Workflow, next: string): Record<string, State> {
  return {
    WorkflowBegin: {
      Comment: 'Waits for another run for the same employee, and reads what is known by now.',
      ...invoke('WorkflowBegin', {
        Payload: { workflow, 'execution.$': '$$.Execution.Name', 'run.$': '$' },
      }),
      OutputPath: '$.Payload',
      TimeoutSeconds: 60,
      Retry: TURN_RETRY,
      Next: 'IsCurrent',
    },
    IsCurrent: {
      Type: 'Choice',
      Choices: [{ Variable: '$.status', StringEquals: 'superseded', Next: 'WorkflowConclude' }],
      Default: next,
    },
  };
}

/** The state that writes the report and gives the turn back. */
export function concludeState(workflow: Workflow): Record<string, State> {
  return {
    WorkflowConclude: {
      Comment: 'Fails the execution, after writing the report, when anything is left open.',
      ...invoke('WorkflowConclude', {
        Payload: {
          workflow,
          'execution.$': '$$.Execution.Name',
          'startedAt.$': '$$.Execution.StartTime',
          'run.$': '$',
        },
      }),
      OutputPath: '$.Payload',
      TimeoutSeconds: 60,
      Retry: WORKFLOW_RETRY,
      End: true,
    },
  };
}
