import { isAddressAmong } from '../shared/email.ts';
import type { AccountSearch } from '../vendor/find-account.ts';
import { collect, twiceIfEmpty, walk } from '../vendor/paging.ts';
import type { ScimClient, ScimUser } from '../vendor/scim.ts';
import {
  accountOf,
  type FoundAgent,
  foundAccount,
  pairUp,
  readAgentId,
  readScimId,
  spellingsOf,
} from './agents.ts';
import { type Agent, type DriftCalls, FIRST_PAGE, pagesOf } from './dialect/calls.ts';

/** Finds a person's agents on both surfaces. It throws the errors of `VendorHttp`. */
export function driftAgentSearch(calls: DriftCalls, scim: ScimClient, { isLive }: { isLive: boolean }) {
  const listSeats = (operation: string) =>
    twiceIfEmpty(() =>
      collect(
        walk<Agent, string>(pagesOf(operation, calls.agentsPath), FIRST_PAGE, (cursor) =>
          calls.listAgents(operation, cursor),
        ),
      ),
    );

  const readAgent = async (operation: string, agentId: number | null): Promise<Agent | null> =>
    agentId === null ? null : calls.readAgent(operation, agentId);

  /** The recorded agent, and those of the addresses, as far as they have a seat: REST shows no others. */
  const findSeatHolders = async (agentId: number | null, addresses: readonly string[]): Promise<Agent[]> => {
    const listed = await listSeats('findAgent');
    const agents = listed.filter(({ id, email }) => id === agentId || isAddressAmong(email, addresses));
    if (agents.some(({ id }) => id === agentId)) return agents;
    const recorded = await readAgent('findAgent', agentId);
    return recorded === null ? agents : [recorded, ...agents];
  };

  const findAgent = async ({
    vendorUserId,
    otherId = null,
    addresses,
    isThorough = false,
  }: AccountSearch): Promise<FoundAgent[]> => {
    const agentId = readAgentId(vendorUserId);
    const scimId = readScimId(otherId ?? vendorUserId);
    const recordedUser = scimId === null ? null : await scim.getUser(scimId);
    const known = recordedUser === null ? addresses : [recordedUser.userName, ...addresses];
    const agents = await findSeatHolders(agentId, known);
    const users = new Map<string, ScimUser>();
    if (recordedUser !== null) users.set(recordedUser.id, recordedUser);
    for (const spelling of spellingsOf(agents, addresses, users))
      for (const user of await scim.listByUserName(spelling)) users.set(user.id, user);
    const found = pairUp(agents, [...users.values()], { agentId, scimId });
    // Whoever was deactivated is gone today, and accounts still name the recorded id.
    const isGoneLeaver = isLive && isThorough && found.length === 0 && agentId !== null;
    if (!isGoneLeaver) return found;
    return [{ ...foundAccount(null, agentId, null), account: accountOf(agentId, scimId), isOpen: false }];
  };

  return { listSeats, readAgent, findAgent };
}
