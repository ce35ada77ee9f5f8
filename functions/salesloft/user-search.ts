import { isAddressAmong } from '../shared/email.ts';
import type { AccountSearch, FoundAccount } from '../vendor/find-account.ts';
import { collect, walk } from '../vendor/paging.ts';
import type { ScimClient, ScimUser } from '../vendor/scim.ts';
import type { ShownAccount } from '../vendor/scim-facts.ts';
import { type ListedUser, pagesOf, type SalesloftCalls, type User } from './dialect/calls.ts';
import { pendingInvitations } from './invitations.ts';

type Found = FoundAccount<{ vendorUserId: string }>;

/** Finds a person's accounts on both surfaces, which know a user by the same id. It throws the errors of `VendorHttp`. */
export function salesloftUserSearch(
  calls: SalesloftCalls,
  scim: ScimClient,
): (search: AccountSearch) => Promise<Found[]> {
  const listWithAddress = async ({
    vendorUserId,
    addresses,
    isThorough,
  }: AccountSearch): Promise<ListedUser[]> => {
    const isWanted = ({ id, email }: ListedUser) =>
      String(id) === vendorUserId || isAddressAmong(email, addresses);
    const found: ListedUser[] = [];
    for (const address of addresses) found.push(...((await calls.search?.(address)) ?? []).filter(isWanted));
    // Nobody says how exactly the search compares.
    if (found.length > 0 && !isThorough) return found;
    const listed = walk(pagesOf('findUser', '/users'), 1, (page: number) => calls.listPage('findUser', page));
    return [...found, ...(await collect(listed)).filter(isWanted)];
  };

  /** Whoever has one of the addresses, by SCIM's own list. */
  const listManaged = async (addresses: readonly string[]): Promise<ScimUser[]> => {
    const pages = walk(pagesOf('findUser', '/Users'), 1, (start: number) =>
      scim.listUsers('findUser', start),
    );
    return (await collect(pages)).filter(({ userName }) => isAddressAmong(userName, addresses));
  };

  const askForEach = async (addresses: readonly string[]) => {
    const asked: { address: string; users: ScimUser[] }[] = [];
    for (const address of addresses) asked.push({ address, users: await scim.listByUserName(address) });
    return asked;
  };

  /**
   * Those of the addresses who are under SCIM, which shows invited people too.
   *
   * @param missing those of whom REST shows nobody; `isWhole` says that none may be missed, however it is spelled.
   */
  const findManaged = async (
    addresses: readonly string[],
    { missing, isWhole }: { missing: readonly string[]; isWhole: boolean },
  ): Promise<ScimUser[]> => {
    if (isWhole && calls.listInvitations === null) return listManaged(addresses);
    const [asked, invitations] = await Promise.all([
      askForEach(addresses),
      // Side by side, because a login is open for as long as this takes.
      isWhole ? pendingInvitations(calls, 'findUser') : null,
    ]);
    const users = asked.flatMap(({ users }) => users);
    const unknown = asked
      .filter(({ address, users }) => isWhole || (users.length === 0 && missing.includes(address)))
      .map(({ address }) => address);
    if (unknown.length === 0) return users;
    // A server that compares case finds somebody by the spelling that the app has, and REST lists it here.
    for (const { email } of invitations ?? (await pendingInvitations(calls, 'findUser')))
      if (email !== null && !addresses.includes(email) && isAddressAmong(email, unknown))
        users.push(...(await scim.listByUserName(email)));
    return users;
  };

  return async ({
    vendorUserId,
    addresses,
    isThorough = false,
    isNew = false,
  }: AccountSearch): Promise<Found[]> => {
    const listed = new Map<string, ListedUser>();
    const managed = new Map<string, ScimUser>();
    for (const user of await listWithAddress({ vendorUserId, addresses, isThorough }))
      listed.set(String(user.id), user);
    if (vendorUserId !== null && /^\d+$/.test(vendorUserId) && !listed.has(vendorUserId)) {
      const recorded = await calls.readUser('findUser', vendorUserId);
      if (recorded !== null) listed.set(vendorUserId, recorded);
    }
    const shown = [...listed.values()].map(({ email }) => email ?? '');
    const missing = addresses.filter((address) => !isAddressAmong(address, shown));
    // Without a list of invitations, a joiner's is in SCIM's only.
    const isWhole = isThorough || (isNew && calls.listInvitations === null && listed.size === 0);
    for (const user of await findManaged(addresses, { missing, isWhole })) managed.set(user.id, user);
    const known = new Set([...listed.keys(), ...(vendorUserId === null ? [] : [vendorUserId])]);
    for (const id of known) {
      if (managed.has(id) || !/^\d+$/.test(id)) continue;
      const user = await scim.getUser(id);
      if (user !== null) managed.set(id, user);
    }
    return [...new Set([...listed.keys(), ...managed.keys()])].map((id) =>
      foundAccount(id, listed.get(id) ?? null, managed.get(id) ?? null),
    );
  };
}

function foundAccount(id: string, user: ListedUser | null, scimUser: ScimUser | null): Found {
  const { email, name } = shownAccount(user, scimUser);
  // Somebody whom REST does not show as active may have an invitation that can still be accepted.
  const canAccept = user === null ? scimUser?.active !== false : scimUser?.active === true;
  return {
    account: { vendorUserId: id },
    ...{ address: email, name, externalId: scimUser?.externalId ?? null },
    facts: { title: user?.title ?? null },
    role: user?.role?.name ?? null,
    isOpen: (user !== null && user.active !== false) || canAccept,
  };
}

/** What is shown of an account, by REST where it shows the user, else by SCIM. */
export function shownAccount(user: User | null, scimUser: ScimUser | null): ShownAccount {
  return {
    email: user?.email ?? scimUser?.userName ?? null,
    name: user?.name ?? scimUser?.name ?? null,
    user: scimUser,
  };
}
