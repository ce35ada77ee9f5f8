import { randomBytes } from 'node:crypto';
import { basicCredentials, driftSignature } from '../../functions/webhooks/credential.ts';
import { webhookSecretName } from '../../functions/webhooks/secret.ts';

const newSecret = () => randomBytes(24).toString('base64url');

/** The secrets of the simulated vendors' webhooks; they are new at every start. */
export const DRIFT_SIGNING_KEY = newSecret();
export const PIPEDRIVE_PASSWORD = newSecret();
export const PIPEDRIVE_USER = 'tenure';

/** The texts of the webhook secrets of the simulated vendors, by name. */
export const WEBHOOK_SECRETS: ReadonlyMap<string, string> = new Map([
  [webhookSecretName('drift'), JSON.stringify({ signingKeys: [DRIFT_SIGNING_KEY] })],
  [webhookSecretName('pipedrive'), JSON.stringify({ user: PIPEDRIVE_USER, passwords: [PIPEDRIVE_PASSWORD] })],
]);

/** A webhook as it is sent. */
export type SentWebhook = { method: 'POST'; headers: Record<string, string>; body: Uint8Array<ArrayBuffer> };

/** An event from Drift, signed. @param at in epoch milliseconds. */
export function driftWebhook(event: object, at = Date.now(), key = DRIFT_SIGNING_KEY): SentWebhook {
  const body = new TextEncoder().encode(JSON.stringify(event));
  const timestamp = String(Math.floor(at / 1000));
  return {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-drift-timestamp': timestamp,
      'x-drift-signature': driftSignature(key, timestamp, body),
    },
    body,
  };
}

/** An event from Pipedrive, which signs nothing. */
export function pipedriveWebhook(event: object, password = PIPEDRIVE_PASSWORD): SentWebhook {
  return {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Basic ${basicCredentials(PIPEDRIVE_USER, password)}`,
    },
    body: new TextEncoder().encode(JSON.stringify(event)),
  };
}

/** The body of Pipedrive's `user.*`. @param at in epoch milliseconds. */
export function pipedriveUserEvent(
  action: 'added' | 'updated' | 'deleted',
  userId: number,
  at = Date.now(),
): object {
  return {
    v: 1,
    event: `${action}.user`,
    meta: {
      v: 1,
      action,
      object: 'user',
      id: userId,
      timestamp: Math.floor(at / 1000),
      timestamp_micro: at * 1000,
    },
    current: { id: userId },
  };
}

/** The body of Drift's `new_conversation`. */
export function driftConversationEvent(conversationId: number, contactId: number): object {
  return { orgId: 1, type: 'new_conversation', data: { conversationId, contactId } };
}
