import type { Run } from '../../../api/schemas.ts';
import { appOfStep } from './names.ts';
import type { TEXT } from './strings.ts';

type StepStatus = keyof (typeof TEXT)['stepStatus'];

/** How far a run has come with one state, and the id of the line that says more of it. */
export function progressOf(run: Run, state: string): { status: StepStatus; line: string } {
  const app = appOfStep(state);
  if (app === undefined) return { status: commonStatus(run, state), line: commonLine(run, state) };
  const status = stepStatus(run, state);
  return { status, line: status === 'pending' ? `app-${app}` : `step-${state}` };
}

function stepStatus(run: Run, step: string): StepStatus {
  const reported = run.report?.apps.flatMap(({ steps }) => steps).findLast((one) => isStep(one.step, step));
  if (reported !== undefined) return reported.status;
  const seen = run.apps.flatMap(({ steps }) => steps).findLast((one) => isStep(one.step, step));
  return seen?.status ?? 'pending';
}

/** A hand-over that goes on in parts is a state of its own, for the same step. */
function isStep(name: string, step: string): boolean {
  return name === step || name === `${step}InParts`;
}

/** What can be told of a state that belongs to no app: from how the run stands, and from what it has left. */
function commonStatus(run: Run, state: string): StepStatus {
  if (state.startsWith('WorkflowPrepare')) return 'done';
  if (run.status === 'waiting') return state === 'WaitForMoment' ? 'running' : 'pending';
  if (state === 'WorkflowHold') return holdStatus(run);
  if (['WaitForMoment', 'WorkflowBegin', 'WorkflowGate'].includes(state))
    return run.status === 'stopped' ? 'pending' : 'done';
  if (state === 'WorkflowConclude') return run.endedAt !== null && run.report !== null ? 'done' : 'pending';
  if (state === 'WorkflowRecordAccounts')
    return run.report?.apps.some(({ steps }) => steps.length > 0) ? 'done' : 'pending';
  return 'not_needed';
}

function holdStatus({ status, held }: Run): StepStatus {
  if (status === 'held') return 'held';
  if (held === null) return 'not_needed';
  return status === 'rejected' || status === 'expired' ? 'failed' : 'done';
}

function commonLine({ held }: Run, state: string): string {
  return held !== null && ['WorkflowGate', 'WorkflowHold'].includes(state) ? 'gate' : 'facts';
}
