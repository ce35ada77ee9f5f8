import { randomUUID } from 'node:crypto';
import { vi } from 'vitest';
import type * as z from 'zod/mini';
import { Run } from '../functions/api/schemas.ts';
import type { HiredDetail, HrEvent, TerminatedDetail } from '../functions/shared/events.ts';
import { MARA, type Person } from '../local/vendors/company.ts';

let employeeNumber = 0;

/** Somebody nobody knows yet; a new person at every call. */
export function newcomer(): Person {
  employeeNumber += 1;
  const number = String(employeeNumber).padStart(3, '0');
  return {
    employeeId: `E-7${number}`,
    firstName: 'Łucja',
    lastName: "O'Neil",
    email: `lucja.oneil+${number}@northlight.example`,
  };
}

/** The ISO date that many days from today. */
export const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

/** What a hire asks for; in one app, because these tests are not about the apps. */
export function hire(person: Person, detail: Partial<z.input<typeof HiredDetail>> = {}) {
  return { employee: { ...person, startDate: inDays(3) }, apps: [{ app: 'driftwood' as const }], ...detail };
}

/** A hire that waits for the first day, which is three days away. */
export const hireLater = (person: Person) => hire(person, { when: 'startDate' });

/** What a termination asks for; with effect now. */
export function termination(person: Person, detail: Partial<z.input<typeof TerminatedDetail>> = {}) {
  return {
    employee: { employeeId: person.employeeId, email: person.email },
    lastWorkingDay: '2025-03-14',
    timeZone: 'Europe/Berlin',
    when: 'now' as const,
    reassignTo: MARA.email,
    ...detail,
  };
}

/** A hire that fails without a retry: Pipedrive has no such role. */
export const failingHire = (person: Person) => hire(person, { apps: [{ app: 'pipedrive', role: 'Wizard' }] });

/** An HR event as EventBridge delivers it. */
export function hrEvent(kind: HrEvent['detail-type'], detail: object) {
  return { id: randomUUID(), source: 'hr', time: '2025-03-03T08:00:00Z', 'detail-type': kind, detail };
}

export type Answer = { status: number; headers: Headers; text: string };

/** The URL of an API with its key in it, as `call` takes it. */
export function keyedUrl(url: string, key: string): string {
  return url.replace('//', `//:${key}@`);
}

/**
 * Calls an API and hands back the whole answer. A body that is no text is sent as JSON.
 *
 * @param url may be of `keyedUrl`.
 */
export async function call(
  url: string,
  method = 'GET',
  body?: unknown,
  contentType = 'application/json',
  headers: Record<string, string> = {},
) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const target = new URL(url);
  const key = target.password;
  target.password = '';
  const response = await fetch(target, {
    method,
    headers: {
      ...(body === undefined ? {} : { 'content-type': contentType }),
      ...(key === '' ? {} : { authorization: `Bearer ${key}` }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: text }),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

export const runIn = ({ text }: Answer): Run => Run.parse(JSON.parse(text));

/** The run once it has come to one of these statuses. */
export function reached(apiUrl: string, name: string, statuses: readonly Run['status'][]): Promise<Run> {
  return vi.waitFor(
    async () => {
      const run = runIn(await call(`${apiUrl}/runs/${encodeURIComponent(name)}`));
      if (!statuses.includes(run.status)) throw new Error(`${name} is ${run.status}.`);
      return run;
    },
    { timeout: 30_000, interval: 20 },
  );
}

export const OVER: readonly Run['status'][] = [
  'complete',
  'partial',
  'failed',
  'stopped',
  'superseded',
  'unknown_person',
];
