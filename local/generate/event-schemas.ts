import * as z from 'zod/mini';
import {
  HiredEvent,
  HireRescindedEvent,
  type HrEvent,
  TerminatedEvent,
  TerminationRescindedEvent,
  UpdatedEvent,
} from '../../functions/shared/events.ts';

/** The events whose JSON Schema is published, by detail-type: all that tenure acts on. */
export const EVENT_SCHEMAS: Record<HrEvent['detail-type'], z.ZodMiniType> = {
  'employee.hired': HiredEvent,
  'employee.terminated': TerminatedEvent,
  'employee.updated': UpdatedEvent,
  'hire.rescinded': HireRescindedEvent,
  'termination.rescinded': TerminationRescindedEvent,
};

/** The text of an event's JSON Schema file (draft 2020-12), as a sender sees the event: with optional fields. */
export function schemaText(name: string, schema: z.ZodMiniType): string {
  const document = { title: name, ...z.toJSONSchema(schema, { io: 'input' }) };
  return `${JSON.stringify(document, null, 2)}\n`;
}
