import { AmbiguousUserError } from '../shared/errors.ts';
import type { ListedAccount } from '../shared/listed-account.ts';
import { type CollectionPage, type ListAccounts, listCollections } from '../vendor/account-list.ts';
import type { ScimClient } from '../vendor/scim.ts';
import { type ListInvitations, pagesOf, type SalesloftCalls } from './dialect/calls.ts';

/** Lists all users a page at a time, deactivated ones too, and after them those who have not accepted an invitation yet. */
export function salesloftAccountList(calls: SalesloftCalls, scim: ScimClient): ListAccounts {
  const { listInvitations } = calls;

  const listUserPage = async (position: string): Promise<CollectionPage> => {
    const { items, total, next } = await calls.listPage('listAccounts', Number(position));
    const accounts = items.map(({ id, email, active, role, group }) => ({
      id: String(id),
      email,
      isOpen: active !== false,
      ...(group === undefined ? {} : { groupId: group === null ? null : String(group.id) }),
      ...(role === undefined ? {} : { role: role?.name ?? null }),
    }));
    return { accounts, total, next: next === null ? null : String(next) };
  };

  /** Whether an invitation is useless, because the person was deactivated: it stays listed, and only SCIM shows it. */
  const isShut = async (email: string): Promise<boolean> => {
    try {
      const user = await scim.findUser(email);
      return user?.active === false;
    } catch (error) {
      // Two users with the same address must not stop the whole list.
      if (error instanceof AmbiguousUserError) return false;
      throw error;
    }
  };

  const listInvitationPage = async (list: ListInvitations, position: string): Promise<CollectionPage> => {
    const { items, next } = await list('listAccounts', position);
    const accounts: ListedAccount[] = [];
    for (const { id, email, created_at } of items) {
      if (email === null) continue;
      accounts.push({
        // The entry has the id of the invitation, not of the user.
        id: null,
        ...((id ?? null) === null ? {} : { reference: `invitation:${id}` }),
        email,
        isOpen: !(await isShut(email)),
        ...(created_at === null ? {} : { invitedAt: created_at }),
      });
    }
    return { accounts, next };
  };

  /** Those whom only SCIM shows: where there is no list of invitations, they are who may not have accepted one. */
  const listUnshownPage = async (position: string): Promise<CollectionPage> => {
    const { items, next } = await scim.listUsers('listAccounts', Number(position));
    const ids = items.map(({ id }) => id);
    const shown = new Set((await calls.listAmong?.('listAccounts', ids))?.map(({ id }) => String(id)));
    const accounts: ListedAccount[] = [];
    for (const { id, userName, active } of items) {
      // A list may take no more than some of the ids; the user's own page says it for sure.
      if (shown.has(id) || (await calls.readUser('listAccounts', id)) !== null) continue;
      accounts.push({ id: null, reference: `user:${id}`, email: userName, isOpen: active !== false });
    }
    return { accounts, next: next === null ? null : String(next) };
  };

  return listCollections([
    { name: 'users', list: pagesOf('listAccounts', '/users'), first: '1', fetch: listUserPage },
    ...(listInvitations === null
      ? [
          {
            name: 'unshown',
            list: pagesOf('listAccounts', '/Users'),
            first: '1',
            fetch: listUnshownPage,
          },
        ]
      : [
          {
            name: 'invitations',
            list: pagesOf('listAccounts', '/pending_email_accounts'),
            first: '1',
            fetch: (position: string) => listInvitationPage(listInvitations, position),
          },
        ]),
  ]);
}
