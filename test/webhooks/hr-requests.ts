import { createHmac, randomBytes, randomInt } from 'node:crypto';
import { expect } from 'vitest';
import type { BusEvent } from '../../functions/shared/event-bus.ts';
import { logger } from '../../functions/shared/logger.ts';
import type { WebhookStore } from '../../functions/tables/webhook-store.ts';
import { createHrWebhookApp, type HrWebhookSources } from '../../functions/webhooks/hr-app.ts';

export const NOON = Date.UTC(2026, 2, 2, 12);
export const KEYS = ['the-key-that-is-live', 'the-key-before-this-one'];

/** A receiver whose secrets are `KEYS`, at `NOON`, and what it puts on the bus. */
export function receiver(other: Partial<HrWebhookSources> = {}) {
  logger.setLogLevel('SILENT');
  const put: BusEvent[] = [];
  const taken = new Set<string>();
  const read: string[] = [];
  const store: Pick<WebhookStore, 'claim' | 'keep' | 'release'> = {
    claim: async (vendor, id) => {
      read.push(vendor);
      return taken.has(`${vendor}${id}`) ? 'taken' : 'claimed';
    },
    keep: async (vendor, id) => {
      taken.add(`${vendor}${id}`);
    },
    release: async () => {},
  };
  const app = createHrWebhookApp({
    bamboohr: async () => ({ privateKeys: KEYS }),
    hibob: async () => ({ secrets: KEYS }),
    hr: async () => ({ bearerSecrets: KEYS }),
    store: { ...store, closeConversation: async () => {}, isClosed: async () => false },
    bus: {
      putEvents: async (events) => {
        put.push(...events);
      },
    },
    now: () => NOON,
    ...other,
  });
  const post = (path: string, headers: Record<string, string>, body: string | Uint8Array<ArrayBuffer>) =>
    app.request(path, { method: 'POST', headers, body });
  return { post, put, read };
}

export const bamboo = (body: string, { key = KEYS[0] ?? '', at = NOON } = {}) => {
  const timestamp = String(Math.floor(at / 1000));
  return {
    'x-bamboohr-timestamp': timestamp,
    'x-bamboohr-signature': createHmac('sha256', key)
      .update(body + timestamp)
      .digest('hex'),
  };
};
export const bob = (body: string, key = KEYS[0] ?? '') => ({
  'bob-signature': createHmac('sha512', key).update(body).digest('base64'),
});
export const BAMBOO = JSON.stringify({
  type: 'employee.updated',
  timestamp: '2026-03-02T12:00:00+0000',
  data: { companyId: '1', employeeId: '67890', changedFields: ['jobTitle'] },
});
export const BOB = JSON.stringify({
  companyId: 1,
  type: 'employee.left',
  triggeredBy: 'system',
  version: 'v2',
  data: { employeeId: '3332883884017713811' },
});
export const WORKER = JSON.stringify({ sourceId: '17', firstName: 'Ann', status: 'active' });

/** Requests that were signed once and then changed in one place; the slow tests send more of them. @returns how many were accepted */
export async function refuseChanged(count: number): Promise<number> {
  const { post, put } = receiver();
  let accepted = 0;
  const kinds = [
    { path: '/webhooks/bamboohr', body: BAMBOO, headers: bamboo(BAMBOO) },
    { path: '/webhooks/hibob', body: BOB, headers: bob(BOB) },
    { path: '/webhooks/hr', body: WORKER, headers: { authorization: `Bearer ${KEYS[0]}` } },
  ];
  for (let index = 0; index < count; index += 1) {
    const kind = kinds[index % kinds.length];
    if (kind === undefined) continue;
    const { headers, body } = changed(kind);
    const { status } = await post(kind.path, headers, body);
    if (status < 300) accepted += 1;
  }
  expect(put).toEqual([]);
  return accepted;
}

function changed({ path, headers, body }: { path: string; headers: Record<string, string>; body: string }) {
  const names = Object.keys(headers);
  const name = names[randomInt(names.length)] ?? '';
  const value = headers[name] ?? '';
  // The word Bearer may be written in any case.
  const first = name === 'authorization' ? 'Bearer '.length : 0;
  const at = first + randomInt(value.length - first);
  const other = String.fromCharCode(33 + randomInt(94));
  const replaced = `${value.slice(0, at)}${other}${value.slice(at + 1)}`;
  const bytes = new TextEncoder().encode(body);
  const flipped = Uint8Array.from(bytes);
  const place = randomInt(flipped.length);
  flipped[place] = (flipped[place] ?? 0) ^ (1 << randomInt(8));
  const without = Object.fromEntries(Object.entries(headers).filter(([key]) => key !== name));
  const ways = [
    { headers: { ...headers, [name]: replaced === value ? `${value}0` : replaced }, body: bytes },
    { headers: { ...headers, [name]: value.slice(0, at) }, body: bytes },
    { headers: without, body: bytes },
    { headers: { ...headers, [name]: randomBytes(32).toString('hex') }, body: bytes },
    // A bearer secret signs no body.
    ...(path === '/webhooks/hr'
      ? []
      : [
          { headers, body: flipped },
          { headers, body: bytes.slice(0, place) },
        ]),
  ];
  return ways[randomInt(ways.length)] ?? { headers: {}, body: bytes };
}
