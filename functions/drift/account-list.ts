import { normalizeEmail } from '../shared/email.ts';
import {
  type CollectionPage,
  countByOwner,
  type ListAccounts,
  listCollections,
} from '../vendor/account-list.ts';
import { collect, walk } from '../vendor/paging.ts';
import type { ScimClient } from '../vendor/scim.ts';
import { type DriftCalls, FIRST_PAGE, pagesOf } from './dialect/calls.ts';

/** Lists all agents a page at a time, first as SCIM and then as REST lists them, and after them who owns what. */
export function driftAccountList(
  calls: DriftCalls,
  scim: ScimClient,
  { isLive }: { isLive: boolean },
): ListAccounts {
  const { owned } = calls;

  /** The addresses under which SCIM shows nobody but deactivated agents. */
  const listShut = async (): Promise<Set<string>> => {
    const pages = walk(pagesOf('listAccounts', '/Users'), 1, (start: number) =>
      scim.listUsers('listAccounts', start),
    );
    const [open, shut] = [new Set<string>(), new Set<string>()];
    for (const { userName, active } of await collect(pages))
      (active === false ? shut : open).add(normalizeEmail(userName));
    return new Set([...shut].filter((address) => !open.has(address)));
  };

  const listManagedAgents = async (position: string): Promise<CollectionPage> => {
    const { items, total, next } = await scim.listUsers('listAccounts', Number(position));
    const accounts = items.map(({ id, userName, active }) => ({
      id: `scim:${id}`,
      email: userName,
      isOpen: active !== false,
    }));
    return { accounts, total, next: next === null ? null : String(next) };
  };

  // Only REST lists agents whom SCIM does not manage, and the ids by which contacts name their owner.
  const listSeatHolders = async (position: string): Promise<CollectionPage> => {
    const { items, next } = await calls.listAgents('listAccounts', position);
    // Nobody says that today's list leaves deactivated agents out; the guide's does.
    const shut = isLive ? await listShut() : new Set();
    const accounts = items.map(({ id, email, role }) => ({
      id: String(id),
      email,
      isOpen: !shut.has(normalizeEmail(email ?? '')),
      ...(role === undefined ? {} : { role }),
    }));
    return { accounts, next };
  };

  const listOwners = async (position: string): Promise<CollectionPage> => {
    const { items, next } = await owned.listPage('listAccounts', position);
    const owners = items.map(({ owner }) => owner);
    return { owned: countByOwner(owned.what, owners), next };
  };

  return listCollections([
    {
      name: 'managed agents',
      list: pagesOf('listAccounts', '/Users'),
      first: '1',
      fetch: listManagedAgents,
    },
    {
      name: 'seat holders',
      list: pagesOf('listAccounts', calls.agentsPath),
      first: FIRST_PAGE,
      fetch: listSeatHolders,
    },
    {
      name: owned.what,
      list: pagesOf('listAccounts', owned.path),
      first: owned.first,
      fetch: listOwners,
    },
  ]);
}
