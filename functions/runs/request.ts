import {
  type HiredDetail,
  type HrEvent,
  momentOf,
  offboardingMoment,
  onboardingMoment,
  type TerminatedDetail,
  type UpdatedDetail,
} from '../shared/events.ts';
import type { Origin, Requester } from '../shared/origin.ts';
import { positionOf } from '../shared/position.ts';
import type { Workflow } from '../shared/workflow.ts';
import type { RunRequest } from './start-run.ts';

const WORKFLOW_OF: Record<HrEvent['detail-type'], Workflow> = {
  'employee.hired': 'onboarding',
  'employee.terminated': 'offboarding',
  // They bring back what was shut, and shut what was opened.
  'termination.rescinded': 'onboarding',
  'hire.rescinded': 'offboarding',
  'employee.updated': 'update',
};

const RESCINDS: Partial<Record<HrEvent['detail-type'], 'termination' | 'hire'>> = {
  'termination.rescinded': 'termination',
  'hire.rescinded': 'hire',
};

/** The run that a hire asks for. @param key tells a repeat; null where the caller gave none. */
export function hireRequest(detail: HiredDetail, key: string | null, origin: Origin): RunRequest {
  return {
    ...fromCaller('onboarding', detail, key),
    origin,
    assertStartable: (now) => {
      onboardingMoment(detail, now);
    },
  };
}

/** The run that a termination asks for. @param key tells a repeat; null where the caller gave none. */
export function terminationRequest(detail: TerminatedDetail, key: string | null, origin: Origin): RunRequest {
  return {
    ...fromCaller('offboarding', detail, key),
    origin,
    assertStartable: (now) => {
      offboardingMoment(detail, now);
    },
  };
}

/** The run that a change of facts asks for. @param key tells a repeat; null where the caller gave none. */
export function updateRequest(detail: UpdatedDetail, key: string | null, origin: Origin): RunRequest {
  return { ...fromCaller('update', detail, key), origin };
}

function fromCaller(workflow: Workflow, detail: RunRequest['detail'], key: string | null) {
  return { workflow, detail, event: key === null ? null : { id: `key#${key}`, position: null } };
}

/**
 * The run that an HR event asks for.
 *
 * @param now in epoch milliseconds.
 * @param requester who sent the event; whoever puts events on the bus under its source, unless given.
 */
export function requestOf(
  event: HrEvent,
  now: number,
  requester: Requester = { via: 'eventbridge', name: event.source },
): RunRequest {
  const type = event['detail-type'];
  const { detail, id, source, time } = event;
  return {
    workflow: WORKFLOW_OF[type],
    detail: RESCINDS[type] === undefined ? detail : { ...detail, rescinds: RESCINDS[type] },
    assertStartable: (at) => {
      momentOf(event, at);
    },
    origin: { id, source, receivedAt: new Date(now).toISOString(), requester },
    event: {
      id: `${type}#${detail.record?.difference ?? id}`,
      position: positionOf({ time, sequence: detail.sequence }, now),
    },
    ...(event['replay-name'] === undefined ? {} : { replayedFrom: time }),
  };
}
