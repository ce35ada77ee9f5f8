import { randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import { HrEvent } from '../../functions/shared/events.ts';
import type { Issue } from '../../functions/shared/issues.ts';
import { unknownFieldsOfEvent } from '../../functions/shared/unknown-fields.ts';

/** An event, or everything that is wrong with it. */
export type ReadEvent = { event: HrEvent } | { issues: readonly Issue[] };

/**
 * An HR event as somebody has written it by hand: without an id it gets a new one, without a time it happens now, and its
 * source is `hr`. A field of `detail` that tenure does not know is an error here, because it is probably mistyped.
 */
export function readEvent(value: unknown): ReadEvent {
  const parsed = z.safeParse(HrEvent, withEnvelope(value));
  const issues = [...(parsed.error?.issues ?? []), ...unknownFieldsOfEvent(value)];
  return parsed.success && issues.length === 0 ? { event: parsed.data } : { issues };
}

function withEnvelope(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return { id: randomUUID(), time: new Date().toISOString(), source: 'hr', ...value };
}
