import { createHmac } from 'node:crypto';
import * as z from 'zod/mini';
import { type Delivery, isOneOf, LiveSecrets, WINDOW_MS } from './credential.ts';

/** The private keys of BambooHR's webhook, which it shows once. */
export const BambooHrCredential = z.strictObject({ privateKeys: LiveSecrets });
export type BambooHrCredential = z.infer<typeof BambooHrCredential>;

/** The secrets of HiBob's webhook. */
export const HibobCredential = z.strictObject({ secrets: LiveSecrets });
export type HibobCredential = z.infer<typeof HibobCredential>;

/** What a company's own script, workflow or Zap proves itself with: `Authorization: Bearer <secret>`. */
export const HrCredential = z.strictObject({ bearerSecrets: LiveSecrets });
export type HrCredential = z.infer<typeof HrCredential>;

/** Whether the headers are of BambooHR's form, and of now. */
export function mayBeBambooHr(_: BambooHrCredential, headers: Headers, now: number): boolean {
  const timestamp = headers.get('x-bamboohr-timestamp') ?? '';
  if (!/^\d{10}$/.test(timestamp) || Math.abs(now - Number(timestamp) * 1000) > WINDOW_MS) return false;
  return /^[0-9a-f]{64}$/.test(headers.get('x-bamboohr-signature') ?? '');
}

/**
 * Whether a request comes from BambooHR: `X-BambooHR-Signature` is the HMAC-SHA256 in hex of the raw body and then
 * `X-BambooHR-Timestamp`, in epoch seconds, at most 300 s from `now` (epoch milliseconds).
 */
export function isFromBambooHr(
  credential: BambooHrCredential,
  { headers, body }: Delivery,
  now: number,
): boolean {
  if (!mayBeBambooHr(credential, headers, now)) return false;
  // https://documentation.bamboohr.com/docs/webhooks; the body goes first, as two connectors of others have it
  const timestamp = headers.get('x-bamboohr-timestamp') ?? '';
  const signatures = credential.privateKeys.map((key) =>
    createHmac('sha256', key).update(body).update(timestamp).digest('hex'),
  );
  return isOneOf(headers.get('x-bamboohr-signature') ?? '', signatures);
}

/** Whether the signature is of HiBob's form. */
export function mayBeHibob(_: HibobCredential, headers: Headers): boolean {
  return /^[A-Za-z0-9+/]{86}==$/.test(headers.get('bob-signature') ?? '');
}

/**
 * Whether a request comes from HiBob: `Bob-Signature` is the HMAC-SHA512 of the raw body in base64. It has no time, so
 * a repeat is told by its content.
 */
export function isFromHibob({ secrets }: HibobCredential, { headers, body }: Delivery): boolean {
  // https://apidocs.hibob.com/docs/working-with-webhooks
  const signatures = secrets.map((key) => createHmac('sha512', key).update(body).digest('base64'));
  return isOneOf(headers.get('bob-signature') ?? '', signatures);
}

/** Whether a request has one of the bearer secrets. */
export function isHr({ bearerSecrets }: HrCredential, headers: Headers): boolean {
  const sent = headers.get('authorization')?.match(/^bearer (\S+)$/i)?.[1] ?? '';
  return isOneOf(sent, bearerSecrets);
}
