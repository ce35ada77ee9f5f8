import { type Arrival, acceptEvent } from '../runs/accept.ts';
import { hasEnded } from '../runs/interrupted-hire.ts';
import { hasOpenedNothing } from '../runs/rescind.ts';
import type { RunSources } from '../runs/start-run.ts';
import { isOpenRun } from '../runs/state-machines.ts';
import { replaceRun } from '../runs/supersede.ts';
import { type Origin, startedByHand } from '../shared/origin.ts';
import type { Workflow } from '../shared/workflow.ts';

/**
 * Puts a run into its employee's order, unless whoever started it has. That is a manual execution: its name is its
 * event's id, and its start is the event's time.
 *
 * Returns what started it; null where that was not kept.
 *
 * @param run.eventId the event that the execution's input names; undefined for a manual one.
 * @throws OrderContendedError; the stores' errors; the SDK's errors.
 */
export async function enterOrder(
  sources: RunSources,
  run: {
    workflow: Workflow;
    employeeId: string;
    execution: string;
    startedAt: string;
    eventId: string | undefined;
    previousEmployeeId?: string | undefined;
    rescinds?: Arrival['rescinds'];
    hire?: Arrival['hire'];
    news?: Arrival['news'];
  },
): Promise<Origin | null> {
  const {
    workflow,
    employeeId,
    execution,
    startedAt,
    eventId,
    previousEmployeeId,
    rescinds = null,
    hire,
    news,
  } = run;
  const known = eventId === undefined ? null : await sources.order.findEvent(employeeId, eventId);
  if (known?.run.name === execution) return known.origin;
  const origin = startedByHand(execution, startedAt);
  const accepted = await acceptEvent(
    sources.order,
    {
      employeeId,
      eventId: `execution#${execution}#${startedAt}`,
      position: { sequence: null, time: startedAt },
      origin,
      request: execution,
      workflow,
      previousEmployeeId,
      rescinds,
      hire,
      news,
      assertStartable: () => {},
      nameRun: () => execution,
    },
    {
      isOpen: (other) => isOpenRun(sources.machines, other),
      hasOpenedNothing: () => hasOpenedNothing(sources.store, employeeId),
      hasEnded: (other) => hasEnded(sources.store, employeeId, other),
      newId: () => execution,
      now: Date.now,
    },
  );
  if (accepted.status === 'accepted' && accepted.replaces !== null)
    await replaceRun(sources, employeeId, accepted.replaces, execution);
  return origin;
}
