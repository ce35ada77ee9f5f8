import { randomUUID } from 'node:crypto';
import type { App } from '../../functions/shared/apps.ts';
import { liveId } from '../../local/vendors/drata-live.ts';
import type { VendorServers } from '../../local/vendors/start-vendors.ts';
import type { JournalEntry } from '../../local/vendors/vendor-server.ts';

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

const LEFT_AT = '2024-06-30T17:00:00.000Z';
// An id is never given twice, as it stays recorded.
const plantedId = () => `planted-${randomUUID()}`;

export const SIMULATED_PEOPLE: Record<App, SimulatedPeople> = {
  pipedrive: {
    accounts: ({ pipedrive }) =>
      pipedrive.state.users.map(({ id, name, email, active_flag }) => ({
        ids: [String(id)],
        ...{ name, email, isOpen: active_flag },
      })),
    plant: ({ pipedrive: { state } }, { name, email, isOpen }) => {
      state.nextId += 1;
      const seeded = { is_admin: 0, created: '2024-01-10T09:00:00Z', last_login: null } as const;
      state.users.push({ id: state.nextId, name, email, active_flag: isOpen, ...seeded });
    },
    change: ({ pipedrive }, name, { isOpen, ...changes }) =>
      Object.assign(
        first(pipedrive.state.users, (user) => user.name === name),
        changes,
        isOpen === undefined ? {} : { active_flag: isOpen },
      ),
    invitations: ({ pipedrive }) => pipedrive.state.invitations,
    writeOf: ({ method, path, body }) => {
      if (method === 'POST' && path === '/users') return { names: textOf(body, 'email'), verb: 'create' };
      const [, userId] = /^\/users\/(\d+)$/.exec(path) ?? [];
      if (method === 'PUT' && userId !== undefined)
        return { names: userId, verb: turnOf(body, 'active_flag') };
      if (method === 'POST' && path.endsWith('/assignments'))
        return { names: textOf(body, 'user_id'), verb: 'other' };
      return null;
    },
    forget: ({ pipedrive: { state } }, isTheirs) => {
      state.users = state.users.filter(({ name }) => !isTheirs(name));
    },
  },
  drata: {
    accounts: ({ drata }) =>
      drata.state.personnel.map(({ id, firstName, lastName, email, isActive }) => ({
        ids: [id, String(liveId(id))],
        ...{ name: `${firstName} ${lastName}`, email, isOpen: isActive },
      })),
    plant: ({ drata: { state } }, { name, email, isOpen }) => {
      const [seeded] = state.personnel;
      const [firstName = '', lastName = ''] = name.split(' ');
      if (seeded === undefined) throw new Error('Drata is not seeded.');
      const id = plantedId();
      state.personnel.push({
        ...seeded,
        ...{ id, firstName, lastName, email },
        externalId: null,
        isActive: isOpen,
        endDate: isOpen ? null : LEFT_AT.slice(0, 10),
      });
    },
    change: ({ drata }, name, { isOpen, name: newName, email }) => {
      const found = first(drata.state.personnel, (one) => `${one.firstName} ${one.lastName}` === name);
      const [firstName = '', lastName = ''] = (newName ?? name).split(' ');
      Object.assign(found, { firstName, lastName, email: email ?? found.email });
      if (isOpen !== undefined) found.isActive = isOpen;
    },
    invitations: () => [],
    writeOf: ({ method, path, body }) => {
      if (method === 'POST' && path === '/personnel') return { names: textOf(body, 'email'), verb: 'create' };
      const [, id] = /^\/personnel\/([^/]+)$/.exec(path) ?? [];
      if (method !== 'PATCH' || id === undefined) return null;
      return { names: id, verb: turnOf(body, 'isActive') };
    },
    forget: ({ drata: { state } }, isTheirs) => {
      state.personnel = state.personnel.filter(
        ({ firstName, lastName }) => !isTheirs(`${firstName} ${lastName}`),
      );
    },
  },
  salesloft: {
    accounts: ({ salesloft }) =>
      salesloft.state.users.map(({ id, guid, name, email, active }) => ({
        ids: [String(id), guid],
        ...{ name, email, isOpen: active },
      })),
    plant: ({ salesloft: { state } }, { name, email, isOpen }) => {
      const [seeded] = state.users;
      if (seeded === undefined) throw new Error('SalesLoft is not seeded.');
      state.nextId += 1;
      const guid = plantedId();
      const [first_name = '', last_name = ''] = name.split(' ');
      const who = { name, first_name, last_name, email, active: isOpen };
      state.users.push({ ...seeded, id: state.nextId, guid, ...who, accepted: true, in_scim: true });
    },
    change: ({ salesloft }, name, { isOpen, ...changes }) =>
      Object.assign(
        first(salesloft.state.users, (user) => user.name === name),
        changes,
        isOpen === undefined ? {} : { active: isOpen },
      ),
    invitations: ({ salesloft }) => salesloft.state.invitations,
    writeOf: scimWrite,
    forget: ({ salesloft: { state } }, isTheirs) => {
      state.users = state.users.filter(({ name }) => !isTheirs(name));
    },
  },
  drift: {
    accounts: ({ drift }) =>
      drift.state.agents.map(({ id, scimId, name, email, active }) => ({
        ids: [String(id), scimId],
        ...{ name, email, isOpen: active },
      })),
    plant: ({ drift: { state } }, { name, email, isOpen }) => {
      state.nextId += 1;
      const scimId = plantedId();
      state.agents.push({ id: state.nextId, scimId, name, email, role: 'agent', active: isOpen });
    },
    change: ({ drift }, name, { isOpen, ...changes }) =>
      Object.assign(
        first(drift.state.agents, (agent) => agent.name === name),
        changes,
        isOpen === undefined ? {} : { active: isOpen },
      ),
    invitations: ({ drift }) => drift.state.provisioned,
    writeOf: scimWrite,
    forget: ({ drift: { state } }, isTheirs) => {
      state.agents = state.agents.filter(({ name }) => !isTheirs(name));
    },
  },
  driftwood: {
    accounts: ({ driftwood }) =>
      driftwood.state.users.map(({ id, name, email, deactivated_at }) => ({
        ids: [id],
        ...{ name, email, isOpen: deactivated_at === null },
      })),
    plant: ({ driftwood: { state } }, { name, email, isOpen }) => {
      const [seeded] = state.users;
      if (seeded === undefined) throw new Error('Driftwood is not seeded.');
      const id = plantedId();
      const deactivated_at = isOpen ? null : LEFT_AT;
      state.users.push({ ...seeded, id, name, email, deactivated_at });
    },
    change: ({ driftwood }, name, { isOpen, ...changes }) =>
      Object.assign(
        first(driftwood.state.users, (user) => user.name === name),
        changes,
        isOpen === undefined ? {} : { deactivated_at: isOpen ? null : LEFT_AT },
      ),
    invitations: ({ driftwood }) => driftwood.state.invitations,
    writeOf: ({ path, body }) => {
      if (path === '/users-invite') return { names: textOf(body, 'email'), verb: 'create' };
      if (path === '/users-set-active')
        return { names: textOf(body, 'user_id'), verb: turnOf(body, 'active') };
      return path === '/users-forgot-password' ? { names: textOf(body, 'email'), verb: 'other' } : null;
    },
    forget: ({ driftwood: { state } }, isTheirs) => {
      state.users = state.users.filter(({ name }) => !isTheirs(name));
    },
  },
};

function first<T>(all: readonly T[], isWanted: (one: T) => boolean): T {
  const found = all.find(isWanted);
  if (found === undefined) throw new Error('There is no such account.');
  return found;
}

function scimWrite({ surface, method, path, body }: JournalEntry): PersonalWrite | null {
  if (surface !== 'scim') return null;
  if (method === 'POST' && path === '/Users') return { names: textOf(body, 'userName'), verb: 'create' };
  const [, id] = /^\/Users\/([^/]+)$/.exec(path) ?? [];
  if (id === undefined || method === 'GET') return null;
  const text = JSON.stringify(body) ?? '';
  if (!text.includes('active')) return { names: id, verb: 'other' };
  return { names: id, verb: text.includes('false') ? 'shut' : 'open' };
}

function textOf(body: unknown, field: string): string {
  return isRecord(body) ? String(body[field]) : '';
}

function turnOf(body: unknown, field: string): PersonalWrite['verb'] {
  if (!isRecord(body) || typeof body[field] !== 'boolean') return 'other';
  return body[field] ? 'open' : 'shut';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
