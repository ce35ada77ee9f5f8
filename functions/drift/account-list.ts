import {
  type CollectionPage,
  countByOwner,
  type ListAccounts,
  listCollections,
} from '../vendor/account-list.ts';
import type { ScimClient } from '../vendor/scim.ts';
import { type DriftCalls, FIRST_PAGE, pagesOf } from './dialect/calls.ts';

/** Lists all agents a page at a time, first as SCIM and then as REST lists them, and after them who owns what. */
export function driftAccountList(calls: DriftCalls, scim: ScimClient): ListAccounts {
  const { owned } = calls;

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
    const accounts = items.map(({ id, email, role }) => ({
      id: String(id),
      email,
      isOpen: true,
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
