import { randomUUID } from 'node:crypto';
import type { VendorServers } from '../local/vendors/start-vendors.ts';
import type { JournalEntry } from '../local/vendors/vendor-server.ts';

/** An account at a simulated vendor, and the person whose it is. */
export type PersonsAccount = {
  /** Whatever a request may name the account by. */
  ids: readonly string[];
  /** The person's full name: no step changes it, so it says whose the account is. */
  name: string;
  email: string;
  isOpen: boolean;
};

/** One request that should change something about somebody. */
export type PersonalWrite = { names: string; verb: 'create' | 'open' | 'shut' | 'other' };

/** What the tests of sequences have to know of an app beside what `VendorServer` tells. */
export type SimulatedPeople = {
  accounts: (vendors: VendorServers) => PersonsAccount[];
  /** Puts in an account that tenure did not make. */
  plant: (vendors: VendorServers, person: { name: string; email: string; isOpen: boolean }) => void;
  /** Changes a person's first account, as an admin does in the app. */
  change: (
    vendors: VendorServers,
    name: string,
    changes: Partial<Pick<PersonsAccount, 'name' | 'email' | 'isOpen'>>,
  ) => void;
  /** Addresses that were sent an invitation, each as often as it was. */
  invitations: (vendors: VendorServers) => readonly string[];
  /** What a request writes, by an account's id or a new one's address; null for what is about no account. */
  writeOf: (entry: JournalEntry) => PersonalWrite | null;
  /** Removes all accounts of some people. */
  forget: (vendors: VendorServers, isTheirs: (name: string) => boolean) => void;
};

export const LEFT_AT = '2024-06-30T17:00:00.000Z';
// An id is never given twice, as it stays recorded.
export const plantedId = () => `planted-${randomUUID()}`;

/** @throws Error when nobody has such an account. */
export function accountOf<T>(all: readonly T[], isWanted: (one: T) => boolean): T {
  const found = all.find(isWanted);
  if (found === undefined) throw new Error('There is no such account.');
  return found;
}

/** `writeOf` of an app whose accounts are written over SCIM. */
export function scimWrite({ surface, method, path, body }: JournalEntry): PersonalWrite | null {
  if (surface !== 'scim') return null;
  if (method === 'POST' && path === '/Users') return { names: textOf(body, 'userName'), verb: 'create' };
  const [, id] = /^\/Users\/([^/]+)$/.exec(path) ?? [];
  if (id === undefined || method === 'GET') return null;
  const text = JSON.stringify(body) ?? '';
  if (!text.includes('active')) return { names: id, verb: 'other' };
  return { names: id, verb: text.includes('false') ? 'shut' : 'open' };
}

export function textOf(body: unknown, field: string): string {
  return isRecord(body) ? String(body[field]) : '';
}

/** What a boolean field of a body does to a login. */
export function turnOf(body: unknown, field: string): PersonalWrite['verb'] {
  if (!isRecord(body) || typeof body[field] !== 'boolean') return 'other';
  return body[field] ? 'open' : 'shut';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
