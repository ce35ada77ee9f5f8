import * as z from 'zod/mini';
import { APP_TITLES, APPS } from '../../functions/shared/apps.ts';
import { loadStateMachine, STATE_MACHINES, stepFolder } from '../../state-machines/load.ts';
import type { StepEnd, StepStart } from '../aws/engine.ts';
import { styled } from './print.ts';

// What is the same in every app goes without saying.
const OBJECTS = ['user', 'personnel', 'agent', 'workflow'];

/** What a step does, in words: `PipedriveDeactivateUser` is "deactivate in Pipedrive". */
export function jobOf({ step, app }: Pick<StepEnd, 'step' | 'app'>): string {
  const words = step
    .slice(stepFolder(step).length)
    .replaceAll(/(?<!^)(?=[A-Z])/g, ' ')
    .toLowerCase()
    .split(' ')
    .filter((word) => !OBJECTS.includes(word));
  return `${words.join(' ')}${app === null ? '' : ` in ${APP_TITLES[app]}`}`;
}

export type ProgressOptions = {
  /** Whether the name of the state is shown too. */
  isVerbose: boolean;
  /** What the delays of retries are multiplied by. */
  delayScale: number;
};

/** Says how steps end, and where one failed whether it is tried again. */
export function describeSteps({ isVerbose, delayScale }: ProgressOptions): (end: StepEnd) => string {
  const failures = new Map<string, number>();
  return (end) => {
    const key = `${end.execution} ${end.step} ${end.app}`;
    const name = isVerbose ? ` ${end.step}` : '';
    const ms = styled('dim', `${end.ms} ms`);
    if (!('error' in end)) {
      failures.delete(key);
      return `  ${jobOf(end)}: ${end.status} ${ms}${name}`;
    }
    const attempt = (failures.get(key) ?? 0) + 1;
    failures.set(key, attempt);
    const retry = nextTry(end, attempt, delayScale);
    const why = retry === null && isToldLater(end) ? '' : `: ${end.message}`;
    return `  ${jobOf(end)}: ${styled('red', end.error)}${retry === null ? '' : `; ${retry}`}${why} ${ms}${name}`;
  };
}

/** Whether the report's row of the app says why it failed, or the end of the whole run; not what a run does before its wait. */
function isToldLater({ app, step }: StepEnd): boolean {
  return app !== null || !APPS.some((one) => one === stepFolder(step));
}

/** That a step is still at work. */
export function describeWait(start: StepStart, ms: number): string {
  return `  ${jobOf(start)}: at work for ${Math.round(ms / 1000)} s`;
}

const Retriers = z.array(
  z.object({
    ErrorEquals: z.array(z.string()),
    IntervalSeconds: z.number(),
    BackoffRate: z.number(),
    MaxDelaySeconds: z.number(),
    MaxAttempts: z.number(),
  }),
);

/** Which of how many tries comes next, and when; null where the step is given up. */
function nextTry(
  { step, error }: StepEnd & { error: string },
  attempt: number,
  scale: number,
): string | null {
  const retrier = retriersOf(step).find(({ ErrorEquals }) =>
    ErrorEquals.some((name) => name === error || name === 'States.ALL' || name === 'States.TaskFailed'),
  );
  if (retrier === undefined || attempt > retrier.MaxAttempts) return null;
  const { IntervalSeconds, BackoffRate, MaxDelaySeconds, MaxAttempts } = retrier;
  const seconds = Math.min(IntervalSeconds * BackoffRate ** (attempt - 1), MaxDelaySeconds) * scale;
  const when = seconds < 1 ? 'at once' : `within ${Math.ceil(seconds)} s`;
  return `try ${attempt + 1} of ${MaxAttempts + 1} follows ${when}`;
}

let retriers: Map<string, z.infer<typeof Retriers>> | null = null;

function retriersOf(step: string): z.infer<typeof Retriers> {
  retriers ??= new Map(STATE_MACHINES.flatMap((machine) => retriersIn(loadStateMachine(machine))));
  return retriers.get(step) ?? [];
}

function retriersIn(value: unknown): [string, z.infer<typeof Retriers>][] {
  if (typeof value !== 'object' || value === null) return [];
  if (!('Parameters' in value && 'Retry' in value)) return Object.values(value).flatMap(retriersIn);
  const step = JSON.stringify(value.Parameters).match(/"FunctionName":"\$\{(\w+)\}"/)?.[1];
  return step === undefined ? [] : [[step, z.safeParse(Retriers, value.Retry).data ?? []]];
}
