import { randomBytes, randomInt } from 'node:crypto';
import { expect } from 'vitest';
import {
  basicCredentials,
  type Delivery,
  type DriftCredential,
  isFromDrift,
  isPipedrive,
  type PipedriveCredential,
} from '../../functions/webhooks/credential.ts';
import { driftConversationEvent, driftWebhook } from '../../local/vendors/webhooks.ts';

const NOW = Date.UTC(2026, 0, 5, 12);
const KEYS = [randomBytes(24).toString('base64url'), randomBytes(24).toString('base64url')];
const SIGNED: DriftCredential = { signingKeys: KEYS };
const TOKEN: DriftCredential = { verificationTokens: KEYS };
const BASIC: PipedriveCredential = { user: 'tenure', passwords: KEYS };

type Headers_ = Record<string, string>;
type Mutation = (headers: Headers_, body: Uint8Array) => { headers: Headers_; body: Uint8Array };

const SIGNATURE = 'x-drift-signature';
const TIMESTAMP = 'x-drift-timestamp';

const changed = (text: string, change: (text: string) => string) => {
  const after = change(text);
  return after === text ? `${text}0` : after;
};
const otherCharacter = (text: string) => {
  const at = randomInt(text.length);
  return `${text.slice(0, at)}${String.fromCharCode(33 + randomInt(94))}${text.slice(at + 1)}`;
};
const otherCase = (text: string) => (text === text.toUpperCase() ? text.toLowerCase() : text.toUpperCase());
const shorter = (text: string) => text.slice(0, randomInt(text.length));
const withHeader =
  (name: string, change: (value: string) => string): Mutation =>
  (headers, body) => ({ headers: { ...headers, [name]: changed(headers[name] ?? '', change) }, body });
const withoutHeader =
  (name: string): Mutation =>
  (headers, body) => ({
    headers: Object.fromEntries(Object.entries(headers).filter(([key]) => key !== name)),
    body,
  });

const flipBit: Mutation = (headers, body) => {
  const copy = Uint8Array.from(body);
  const at = randomInt(copy.length);
  copy[at] = (copy[at] ?? 0) ^ (1 << randomInt(8));
  return { headers, body: copy };
};
const truncate: Mutation = (headers, body) => ({ headers, body: body.slice(0, randomInt(body.length)) });
const asBase64: Mutation = (headers, body) => ({
  headers,
  body: new TextEncoder().encode(Buffer.from(body).toString('base64')),
});
const shift =
  (seconds: () => number): Mutation =>
  (headers, body) => ({
    headers: { ...headers, [TIMESTAMP]: String(Number(headers[TIMESTAMP]) + seconds()) },
    body,
  });

const OF_A_SIGNATURE: Mutation[] = [
  withHeader(SIGNATURE, otherCharacter),
  withHeader(SIGNATURE, otherCase),
  withHeader(SIGNATURE, shorter),
  withHeader(SIGNATURE, (value) => value.replace('sha256=', '')),
  withHeader(SIGNATURE, () => `sha256=${randomBytes(32).toString('hex')}`),
  withoutHeader(SIGNATURE),
  withHeader(TIMESTAMP, otherCharacter),
  withHeader(TIMESTAMP, shorter),
  withHeader(TIMESTAMP, (value) => `+${value}`),
  withHeader(TIMESTAMP, (value) => `${value}.0`),
  withoutHeader(TIMESTAMP),
  shift(() => 1 + randomInt(300)),
  shift(() => -1 - randomInt(300)),
  flipBit,
  truncate,
  asBase64,
];
const OF_A_VALUE = (name: string): Mutation[] => [
  withHeader(name, otherCharacter),
  withHeader(name, shorter),
  withHeader(name, (value) => `${value}=`),
  withHeader(name, (value) => `${value} ${value}`),
  withHeader(name, () => randomBytes(32).toString('base64url')),
  withoutHeader(name),
];

const delivery = ({ headers, body }: { headers: Headers_; body: Uint8Array }): Delivery => ({
  headers: new Headers(headers),
  body,
});
const pick = <T>(list: readonly T[]): T => {
  const picked = list[randomInt(list.length)];
  if (picked === undefined) throw new Error('There is nothing to pick from.');
  return picked;
};

/** What is refused for what it holds, and what is refused for when it comes. */
function accepts(): { genuine: boolean; mutated: boolean } {
  const key = pick(KEYS);
  const sent = driftWebhook(driftConversationEvent(randomInt(1e6), randomInt(1e6)), NOW, key);
  const kind = randomInt(10);
  if (kind < 6) {
    const mutated = delivery(pick(OF_A_SIGNATURE)(sent.headers, sent.body));
    return { genuine: isFromDrift(SIGNED, delivery(sent), NOW), mutated: isFromDrift(SIGNED, mutated, NOW) };
  }
  if (kind < 8) {
    // Sent again, byte for byte, once the window is over or before it has begun.
    const late = (300_001 + randomInt(1e9)) * (randomInt(2) === 0 ? 1 : -1);
    return {
      genuine: isFromDrift(SIGNED, delivery(sent), NOW + randomInt(300_001)),
      mutated: isFromDrift(SIGNED, delivery(sent), NOW + late),
    };
  }
  if (kind === 8) {
    const headers = { 'x-verification-token': key };
    const mutated = delivery(pick(OF_A_VALUE('x-verification-token'))(headers, sent.body));
    return {
      genuine: isFromDrift(TOKEN, delivery({ ...sent, headers }), NOW),
      mutated: isFromDrift(TOKEN, mutated, NOW),
    };
  }
  const headers = { authorization: `Basic ${basicCredentials('tenure', key)}` };
  const mutation = pick([
    ...OF_A_VALUE('authorization'),
    withHeader('authorization', () => `Basic ${basicCredentials('Tenure', key)}`),
    withHeader('authorization', () => `Basic ${basicCredentials('tenure', `${key} `)}`),
    withHeader('authorization', (value) => value.replace('Basic', 'Bearer')),
  ]);
  const mutated = delivery(mutation(headers, sent.body));
  // The scheme's name is the same in any case.
  const isSame = mutated.headers.get('authorization')?.replace(/^basic/i, 'Basic') === headers.authorization;
  return {
    genuine: isPipedrive(BASIC, delivery({ ...sent, headers }).headers),
    mutated: !isSame && isPipedrive(BASIC, mutated.headers),
  };
}

/** Expects that none of this many requests is accepted once it is changed, and each of them before it is. */
export function expectOnlyGenuineAccepted(requests: number): void {
  const count = { genuine: 0, mutated: 0 };
  for (let sent = 0; sent < requests; sent += 1) {
    const { genuine, mutated } = accepts();
    if (genuine) count.genuine += 1;
    if (mutated) count.mutated += 1;
  }
  expect(count).toEqual({ genuine: requests, mutated: 0 });
}
