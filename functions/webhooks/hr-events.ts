import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { Worker } from '../hr/worker.ts';
import { HrEvent } from '../shared/events.ts';

/** That something about some records has changed; what it is, is read from the source. */
export const HrSignal = z.object({
  vendor: z.enum(['bamboohr', 'hibob']),
  eventId: z.string(),
  sourceIds: z.array(z.string()).check(z.minLength(1), z.maxLength(1000)),
});
export type HrSignal = z.infer<typeof HrSignal>;

/** A body of `POST /webhooks/hr`: an event of tenure's own form, or what is known of a worker now. */
export const HrDelivery = z.object({
  vendor: z.literal('hr'),
  eventId: z.string(),
  body: z.union([HrEvent, Worker]),
});
export type HrDelivery = z.infer<typeof HrDelivery>;

const Id = z.pipe(
  z.union([z.string().check(z.regex(/^[\w.:-]{1,100}$/)), z.int()]),
  z.transform((id) => String(id)),
);

// https://documentation.bamboohr.com/docs/event-based-webhooks
const BambooHrEvent = z.object({
  type: z.string().check(z.regex(/^employee/)),
  data: z.object({ employeeId: Id }),
});
// The form that a webhook has which names no events.
const LegacyBambooHr = z.object({ employees: z.array(z.object({ id: Id })).check(z.maxLength(1000)) });

/** The signal in a body from BambooHR; null for what is not about employees. @throws z.core.$ZodError */
export function readBambooHrSignal(body: unknown, eventId: string): HrSignal | null {
  const event = z.safeParse(z.object({ type: z.string() }), body).data;
  if (event !== undefined && !event.type.startsWith('employee')) return null;
  const sourceIds =
    event === undefined
      ? z.parse(LegacyBambooHr, body).employees.map(({ id }) => id)
      : [z.parse(BambooHrEvent, body).data.employeeId];
  return sourceIds.length === 0 ? null : { vendor: 'bamboohr', eventId, sourceIds };
}

const WithType = z.object({ type: z.string() });
const HibobData = z.object({
  data: z.union([
    z.pipe(
      z.object({ employeeId: Id }),
      z.transform(({ employeeId }) => employeeId),
    ),
    z.pipe(
      z.object({ employee: z.object({ id: Id }) }),
      z.transform(({ employee }) => employee.id),
    ),
  ]),
});

/** The signal in a body from HiBob; null for what is not about employees. @throws z.core.$ZodError */
export function readHibobSignal(body: unknown, eventId: string): HrSignal | null {
  // https://apidocs.hibob.com/reference/webhook-events-v2
  const { type } = z.parse(WithType, body);
  if (!/^(employee|table\.entry)\b/.test(type)) return null;
  return { vendor: 'hibob', eventId, sourceIds: [z.parse(HibobData, body).data] };
}

/** What HiBob sends when a webhook is set up, and wants a 2xx for. */
export function isPing(text: string): boolean {
  return ['Ping test', '"Ping test"', '{"text":"Ping test"}'].includes(text.trim());
}

/** The event or the worker in a body. @throws z.core.$ZodError */
export function readHrDelivery(body: unknown, eventId: string): HrDelivery {
  const isEvent = z.safeParse(z.object({ 'detail-type': z.string() }), body).success;
  return { vendor: 'hr', eventId, body: isEvent ? z.parse(HrEvent, body) : z.parse(Worker, body) };
}

/** Stands for a delivery whose vendor gives it no id. */
export function idOfBody(body: Uint8Array): string {
  return createHash('sha256').update(body).digest('hex');
}
