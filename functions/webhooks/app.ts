import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import * as z from 'zod/mini';
import { $ZodError } from 'zod/v4/core';
import { invalidFields, RequestError } from '../api/problem.ts';
import { closeRoutes, logRequest } from '../api/routes.ts';
import type { EventBus } from '../shared/event-bus.ts';
import { logger } from '../shared/logger.ts';
import type { WebhookStore } from '../tables/webhook-store.ts';
import {
  type Delivery,
  type DriftCredential,
  isFromDrift,
  isPipedrive,
  mayBeDrift,
  type PipedriveCredential,
} from './credential.ts';
import { readDriftEvent, readPipedriveEvent } from './events.ts';
import { WebhookSecretError } from './secret.ts';

/** The largest body, in bytes. */
export const MAX_WEBHOOK_BYTES = 256 * 1024;

// Vendors wait for an answer only shortly, and some switch off a webhook that answers slowly.
const ANSWER_WITHIN_MS = 900;

/** What every receiver of webhooks needs. */
export type Receiver = {
  store: WebhookStore;
  bus: EventBus;
  /** The current time in epoch milliseconds. */
  now?: () => number;
  answerWithinMs?: number;
};

/** A vendor that is left out has no webhooks here. */
export type WebhookSources = Receiver & {
  drift?: () => Promise<DriftCredential>;
  pipedrive?: () => Promise<PipedriveCredential>;
};

/** What is put on the bus; `eventId` is the same each time the vendor delivers the event. */
type ReceivedEvent = { vendor: string; eventId: string };

/** How a vendor's webhooks are proved and read. */
export type Vendor<Credential> = {
  name: string;
  credential: () => Promise<Credential>;
  /** What the headers alone can show; anybody can send a body. */
  mayBe: (credential: Credential, headers: Headers, now: number) => boolean;
  isFrom: (credential: Credential, delivery: Delivery, now: number) => boolean;
  /** Null for what tenure does not use. `delivery` is what `json` was read from. */
  read: (json: unknown, delivery: Delivery) => ReceivedEvent | null;
  /** What a vendor sends to see whether anybody is there; it is answered before there is a secret, and nothing follows. */
  ping?: { mayBe: (headers: Headers) => boolean; isPing: (delivery: Delivery) => boolean };
};

/** Takes the webhooks of the apps; see `createReceiver`. */
export function createWebhookApp(sources: WebhookSources): Hono {
  const { drift, pipedrive } = sources;
  return createReceiver(sources, (serve) => {
    if (drift !== undefined)
      serve({
        name: 'drift',
        credential: drift,
        mayBe: mayBeDrift,
        isFrom: isFromDrift,
        read: readDriftEvent,
      });
    if (pipedrive !== undefined)
      serve({
        name: 'pipedrive',
        credential: pipedrive,
        mayBe: isPipedrive,
        isFrom: (credential, { headers }) => isPipedrive(credential, headers),
        read: readPipedriveEvent,
      });
  });
}

/**
 * Takes webhooks: checks the sender, and puts each event on the bus once. The answer 202 says that the event is taken,
 * or that tenure does not use events of its kind. After any other answer the vendor delivers again, so nothing is lost.
 *
 * @param addVendors is given the function that adds a vendor.
 */
export function createReceiver(
  receiver: Receiver,
  addVendors: (serve: <Credential>(vendor: Vendor<Credential>) => void) => void,
): Hono {
  const { now = Date.now, answerWithinMs = ANSWER_WITHIN_MS } = receiver;
  const app = new Hono();
  app.use(logRequest);

  addVendors((vendor) => {
    app.post(`/webhooks/${vendor.name}`, async (context) => {
      const take = async (): Promise<TakenWebhook> => {
        const { headers } = context.req.raw;
        if (vendor.ping?.mayBe(headers)) {
          if (vendor.ping.isPing(await readDelivery(context))) return { status: 'ignored' };
          throw unknownSender(vendor.name);
        }
        const credential = await readCredential(vendor);
        if (!vendor.mayBe(credential, headers, now())) throw unknownSender(vendor.name);
        const delivery = await readDelivery(context);
        if (!vendor.isFrom(credential, delivery, now())) throw unknownSender(vendor.name);
        if (vendor.ping?.isPing(delivery)) return { status: 'ignored' };
        return takeEvent(
          receiver,
          readEvent(delivery, (json) => vendor.read(json, delivery)),
        );
      };
      return context.json(await within(answerWithinMs, take()), 202);
    });
  });

  closeRoutes(app);
  return app;
}

/** The answer to a webhook that need not be delivered again. */
export const TakenWebhook = z.object({ status: z.enum(['accepted', 'duplicate', 'ignored']) });
type TakenWebhook = z.infer<typeof TakenWebhook>;

async function takeEvent({ store, bus }: Receiver, event: ReceivedEvent | null): Promise<TakenWebhook> {
  if (event === null) return { status: 'ignored' };
  const { vendor, eventId } = event;
  const claim = await store.claim(vendor, eventId);
  if (claim === 'taken') return { status: 'duplicate' };
  if (claim === 'busy') throw tryAgain('The same event is being processed.');
  try {
    await bus.putEvents([{ detailType: 'webhook.received', detail: event }]);
  } catch (error) {
    await store.release(vendor, eventId).catch(logFailure);
    throw error;
  }
  // The event is on the bus. If this fails, it may be put there twice, which its subscribers can handle.
  await store.keep(vendor, eventId).catch(logFailure);
  return { status: 'accepted' };
}

/** Anybody can call a webhook whose secret is not stored yet, so that is no failure of a step, which rings an alarm. */
async function readCredential<Credential>({ name, credential }: Vendor<Credential>): Promise<Credential> {
  try {
    return await credential();
  } catch (error) {
    if (!(error instanceof WebhookSecretError)) throw error;
    logger.warn('webhook secret missing', { vendor: name, reason: error.message });
    throw tryAgain('Webhooks of this vendor are not set up yet.');
  }
}

const limitBody = bodyLimit({ maxSize: MAX_WEBHOOK_BYTES, onError: refuseBody });

async function readDelivery(context: Context): Promise<Delivery> {
  await limitBody(context, async () => {});
  const { req } = context;
  return { headers: req.raw.headers, body: new Uint8Array(await req.arrayBuffer()) };
}

function readEvent<T>({ body }: Delivery, read: (json: unknown) => T): T {
  try {
    return read(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)));
  } catch (error) {
    if (error instanceof $ZodError) throw invalidFields(error);
    throw new RequestError(400, 'The body is not JSON.');
  }
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(tryAgain(`This took longer than ${ms} ms.`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function tryAgain(reason: string): RequestError {
  return new RequestError(503, `${reason} Deliver it again.`, { headers: { 'retry-after': '10' } });
}

function unknownSender(vendor: string): RequestError {
  logger.warn('webhook sender unknown', { vendor });
  return new RequestError(401, 'The request does not prove that it comes from the vendor.');
}

function refuseBody(): never {
  throw new RequestError(413, `The body is larger than ${MAX_WEBHOOK_BYTES} bytes.`);
}

function logFailure(error: unknown): void {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  logger.warn('webhook row not written', { error: name, reason: message });
}
