import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { Hono } from 'hono';
import * as z from 'zod/mini';
import { APPS } from '../../functions/shared/apps.ts';
import { isSignedWith } from './caller.ts';
import { type LoopbackServer, startLoopbackServer } from './loopback-server.ts';

/** The bus's name in the embedded runtime. */
export const EVENT_BUS_NAME = 'tenure-hr';

const PutEvents = z.object({
  Entries: z
    .array(
      z.object({
        EventBusName: z.literal(EVENT_BUS_NAME),
        Source: z.string(),
        DetailType: z.string(),
        Detail: z.string(),
      }),
    )
    .check(z.minLength(1), z.maxLength(10)),
});

/** An event as the target of a rule gets it. */
export type DeliveredEvent = {
  id: string;
  source: string;
  time: string;
  'detail-type': string;
  detail: unknown;
};

const Processed = z.object({ status: z.string() });
const FromVendor = z.object({ vendor: z.enum(APPS) });

export type BusListeners = {
  /** Called with each event. */
  onEvent?: ((event: DeliveredEvent) => void) | undefined;
  /** Called with what a Lambda made of an event, such as `changed`. */
  onProcessed?: ((step: string, status: string) => void) | undefined;
  /** Called with why a Lambda could not process an event, in the place of AWS's dead letters. */
  onDeadLetter?: ((reason: string) => void) | undefined;
};

const READS = { hr: 'HrTakeWorker', bamboohr: 'BamboohrRead', hibob: 'HibobRead' } as const;
const FromSource = z.object({ vendor: z.enum(['hr', 'bamboohr', 'hibob']) });

/** The Lambda that the rules in cdk/ send an event to; null when no rule matches. */
function subscriberOf({ 'detail-type': type, detail, source }: DeliveredEvent): string | null {
  if (source === 'hr') return 'WorkflowStart';
  const system = z.safeParse(FromSource, detail).data?.vendor;
  if (type === 'webhook.received' && system !== undefined) return READS[system];
  const vendor = z.safeParse(FromVendor, detail).data?.vendor;
  if (type !== 'webhook.received' || vendor === undefined) return null;
  return `WebhooksProcess${vendor.charAt(0).toUpperCase()}${vendor.slice(1)}`;
}

/**
 * An EventBridge endpoint on loopback with PutEvents. It answers first, and then invokes the Lambdas that the rules
 * send the events to. Closing it waits until these have ended.
 *
 * @param accessKeyId only requests signed with this key are answered.
 * @param invoke runs a Lambda once.
 */
export async function startEventBus(
  accessKeyId: string,
  invoke: (step: string, event: unknown) => Promise<unknown>,
  { onEvent = () => {}, onProcessed = () => {}, onDeadLetter = () => {} }: BusListeners = {},
): Promise<LoopbackServer & { events: readonly DeliveredEvent[] }> {
  const events: DeliveredEvent[] = [];
  const deliver = async (event: DeliveredEvent): Promise<void> => {
    const step = subscriberOf(event);
    if (step === null) return;
    // PutEvents is answered before the Lambda begins.
    await setImmediate();
    try {
      const result = await invoke(step, event);
      onProcessed(step, z.safeParse(Processed, result).data?.status ?? 'done');
    } catch (error) {
      const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      onDeadLetter(`${step} failed to process an event. ${reason}`);
    }
  };

  const deliveries = new Set<Promise<void>>();
  const take = (event: DeliveredEvent): void => {
    const delivery = deliver(event).finally(() => deliveries.delete(delivery));
    deliveries.add(delivery);
  };

  const app = new Hono();
  app.post('/', async (context) => {
    const refuse = (type: string, status: 400 | 403) => context.json({ __type: type }, status);
    if (!isSignedWith(accessKeyId, context.req.header('authorization')))
      return refuse('AccessDeniedException', 403);
    if (context.req.header('x-amz-target') !== 'AWSEvents.PutEvents')
      return refuse('UnknownOperationException', 400);
    const input = z.safeParse(PutEvents, await context.req.json().catch(() => undefined));
    if (!input.success) return refuse('ValidationException', 400);
    const put = input.data.Entries.map(({ Source, DetailType, Detail }) => ({
      id: randomUUID(),
      source: Source,
      time: new Date().toISOString(),
      'detail-type': DetailType,
      detail: JSON.parse(Detail),
    }));
    events.push(...put);
    for (const event of put) {
      onEvent(event);
      take(event);
    }
    const answer = { FailedEntryCount: 0, Entries: put.map(({ id }) => ({ EventId: id })) };
    return context.json(answer, 200, { 'content-type': 'application/x-amz-json-1.1' });
  });
  const server = await startLoopbackServer(app.fetch);
  return {
    ...server,
    events,
    close: async () => {
      await Promise.all(deliveries);
      await server.close();
    },
  };
}
