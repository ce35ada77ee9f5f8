import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import * as z from 'zod/mini';

/** A secret that nobody guesses. */
const Secret = z.string().check(z.minLength(16));
// The old and the new secret are both valid while it is changed at the vendor.
export const LiveSecrets = z.array(Secret).check(z.minLength(1), z.maxLength(2));

/**
 * Drift sends its verification token with every event. A sender that signs, such as a relay, has a signing key. A secret
 * never holds both: with the token, a sender would not need the signature.
 */
export const DriftCredential = z.union([
  z.strictObject({ verificationTokens: LiveSecrets }),
  z.strictObject({ signingKeys: LiveSecrets }),
]);
export type DriftCredential = z.infer<typeof DriftCredential>;

/** The HTTP user and password that were entered for the webhook in Pipedrive. */
export const PipedriveCredential = z.object({
  user: z.string().check(z.regex(/^[^:]+$/)),
  passwords: LiveSecrets,
});
export type PipedriveCredential = z.infer<typeof PipedriveCredential>;

/** A request as it arrived; `body` holds the bytes that were sent. */
export type Delivery = { headers: Headers; body: Uint8Array };

/** How far a signed time may be from now, before or after. */
export const WINDOW_MS = 300_000;

/**
 * Whether the headers of a request may be Drift's: they hold the verification token, or a timestamp at most 300 s from
 * `now` (epoch milliseconds), before or after, and something in the form of a signature.
 */
export function mayBeDrift(credential: DriftCredential, headers: Headers, now: number): boolean {
  if ('verificationTokens' in credential) {
    // https://devdocs.drift.com/docs/webhook-events-1
    return isOneOf(headers.get('x-verification-token') ?? '', credential.verificationTokens);
  }
  const timestamp = headers.get('x-drift-timestamp') ?? '';
  if (!/^\d{10}$/.test(timestamp)) return false;
  if (Math.abs(now - Number(timestamp) * 1000) > WINDOW_MS) return false;
  return /^sha256=[0-9a-f]{64}$/.test(headers.get('x-drift-signature') ?? '');
}

/**
 * Whether a request comes from Drift.
 *
 * A signature is `x-drift-signature: sha256=<hex>` over `<x-drift-timestamp>.<raw body>`, with the timestamp in
 * epoch seconds.
 */
export function isFromDrift(credential: DriftCredential, { headers, body }: Delivery, now: number): boolean {
  if (!mayBeDrift(credential, headers, now)) return false;
  if ('verificationTokens' in credential) return true;
  const timestamp = headers.get('x-drift-timestamp') ?? '';
  const signatures = credential.signingKeys.map((key) => driftSignature(key, timestamp, body));
  return isOneOf(headers.get('x-drift-signature') ?? '', signatures);
}

/** The signature of a body at a time in epoch seconds. */
export function driftSignature(key: string, timestamp: string, body: Uint8Array): string {
  return `sha256=${createHmac('sha256', key).update(`${timestamp}.`).update(body).digest('hex')}`;
}

/** Whether the headers are of a request from Pipedrive, which uses basic authentication and signs nothing. */
export function isPipedrive({ user, passwords }: PipedriveCredential, headers: Headers): boolean {
  // https://developers.pipedrive.com/docs/api/v1/Webhooks#addWebhook
  const sent = headers.get('authorization')?.match(/^basic (\S+)$/i)?.[1] ?? '';
  return isOneOf(
    sent,
    passwords.map((password) => basicCredentials(user, password)),
  );
}

/** The part of an authorization header after `Basic`: https://www.rfc-editor.org/rfc/rfc7617 */
export function basicCredentials(user: string, password: string): string {
  return Buffer.from(`${user}:${password}`).toString('base64');
}

/** Whether a text is one of those expected. Compares in constant time, so that the time does not tell how much of a secret is right. */
export function isOneOf(sent: string, expected: readonly string[]): boolean {
  const digest = sha256(sent);
  return expected.map((text) => timingSafeEqual(sha256(text), digest)).includes(true);
}

// timingSafeEqual needs texts of the same length, which digests are.
function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
