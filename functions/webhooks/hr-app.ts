import type { Hono } from 'hono';
import { parseJson } from '../shared/json.ts';
import { createReceiver, type Receiver } from './app.ts';
import {
  type BambooHrCredential,
  type HibobCredential,
  type HrCredential,
  isFromBambooHr,
  isFromHibob,
  isHr,
  mayBeBambooHr,
  mayBeHibob,
} from './hr-credential.ts';
import { idOfBody, isPing, readBambooHrSignal, readHibobSignal, readHrDelivery } from './hr-events.ts';

/** A source that is left out has no webhooks here. */
export type HrWebhookSources = Receiver & {
  bamboohr?: () => Promise<BambooHrCredential>;
  hibob?: () => Promise<HibobCredential>;
  hr?: () => Promise<HrCredential>;
};

/**
 * Takes the webhooks of HR systems. Nothing is read of a body whose sender is not proved, and whatever is not ready
 * answers with 5xx, because BambooHR never sends again after 4xx.
 */
export function createHrWebhookApp(sources: HrWebhookSources): Hono {
  const { bamboohr, hibob, hr } = sources;
  return createReceiver(sources, (serve) => {
    if (bamboohr !== undefined)
      serve({
        name: 'bamboohr',
        credential: bamboohr,
        mayBe: mayBeBambooHr,
        isFrom: isFromBambooHr,
        read: (json, { body }) => readBambooHrSignal(json, idOfBody(body)),
      });
    if (hibob !== undefined)
      serve({
        name: 'hibob',
        credential: hibob,
        mayBe: mayBeHibob,
        isFrom: isFromHibob,
        read: (json, { body }) => readHibobSignal(json, idOfBody(body)),
        ping: {
          mayBe: (headers) => !headers.has('bob-signature'),
          isPing: ({ body }) => isPing(new TextDecoder().decode(body)),
        },
      });
    if (hr !== undefined)
      serve({
        name: 'hr',
        credential: hr,
        mayBe: isHr,
        isFrom: (credential, { headers }) => isHr(credential, headers),
        read: (json, { body }) => readHrDelivery(json, idOfHrBody(body)),
      });
  });
}

/** An event has an id of its own; a worker who is sent twice has changed nothing, so the same text counts again. */
function idOfHrBody(body: Uint8Array): string {
  const json = parseJson(new TextDecoder().decode(body));
  const isEvent = typeof json === 'object' && json !== null && 'detail-type' in json;
  return isEvent ? idOfBody(body) : `${idOfBody(body)}-${crypto.randomUUID()}`;
}
