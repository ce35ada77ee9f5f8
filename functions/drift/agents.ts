import * as z from 'zod/mini';
import { isAddressAmong, sameEmail } from '../shared/email.ts';
import type { FoundAccount } from '../vendor/find-account.ts';
import type { ScimUser } from '../vendor/scim.ts';
import type { Agent } from './dialect/calls.ts';

// REST and SCIM know one agent by two ids, and have nothing but the address in common.

/** A Drift agent as the steps pass it on. */
export const DriftAccount = z.object({
  /** The id by which REST knows the agent and contacts name their owner; `scim:<scimId>` while only SCIM's is known. */
  vendorUserId: z.string(),
  /** The id that SCIM gives the agent, which is another one than REST's; null for an agent whom SCIM does not know. */
  scimId: z.nullable(z.string()),
});
export type DriftAccount = z.infer<typeof DriftAccount>;

/** An agent as the search finds them. */
export type FoundAgent = FoundAccount<DriftAccount>;

/** How to ask SCIM for the addresses: as REST shows them, because some servers compare the case, else as HR does. */
export function spellingsOf(
  agents: readonly Agent[],
  addresses: readonly string[],
  known: ReadonlyMap<string, ScimUser>,
): Set<string> {
  const shown = agents.flatMap(({ email }) => (email === null ? [] : [email]));
  const isKnown = (spelling: string) => [...known.values()].some(({ userName }) => userName === spelling);
  return new Set([
    ...shown.filter((spelling) => !isKnown(spelling)),
    ...addresses.filter((address) => !isAddressAmong(address, shown)),
  ]);
}

/** One account for each agent, from both surfaces, which have nothing but the address in common. */
export function pairUp(
  agents: readonly Agent[],
  users: readonly ScimUser[],
  recorded: { agentId: number | null; scimId: string | null },
): FoundAgent[] {
  // An agent with a seat is one that SCIM shows as active, where several have the address.
  const left = users.toSorted((one, other) => Number(other.active !== false) - Number(one.active !== false));
  const take = (isHis: (user: ScimUser) => boolean): ScimUser | null => {
    const index = left.findIndex(isHis);
    return index === -1 ? null : (left.splice(index, 1)[0] ?? null);
  };
  const pairs = agents.map((agent) => {
    const user =
      take(({ userName }) => userName === agent.email) ??
      take(({ userName }) => sameEmail(userName, agent.email ?? ''));
    return foundAccount(agent, agent.id, user);
  });
  // REST does not show an agent without a seat, but contacts still refer to the recorded id. Which user that is, the SCIM
  // id that was recorded with it says.
  const isHidden = !agents.some(({ id }) => id === recorded.agentId);
  const isRecorded = recorded.agentId !== null && recorded.scimId === null;
  const isGuessed = isHidden && isRecorded && left.length === 1;
  const hidden = left.map((user) => {
    if (user.id === recorded.scimId) return foundAccount(null, recorded.agentId, user);
    if (!isGuessed) return foundAccount(null, null, user);
    // The only one left is taken for that agent, but whose it is has to show by itself: the address may be another's now.
    return { ...foundAccount(null, recorded.agentId, user), judgedAs: `scim:${user.id}` };
  });
  return [...pairs, ...hidden];
}

/** One agent, from what either surface shows; null where it does not. */
export function foundAccount(agent: Agent | null, agentId: number | null, user: ScimUser | null): FoundAgent {
  const account = accountOf(agentId, user?.id ?? null);
  return {
    account,
    address: agent?.email ?? user?.userName ?? null,
    externalId: user?.externalId ?? null,
    name: user?.name ?? agent?.name ?? null,
    role: agent?.role ?? null,
    isOpen: agent !== null || user?.active !== false,
    ...(user === null ? {} : { otherIds: [`scim:${user.id}`] }),
  };
}

/** An account by the ids that are known of it. */
export function accountOf(agentId: number | null, scimId: string | null): DriftAccount {
  return { vendorUserId: agentId === null ? `scim:${scimId}` : String(agentId), scimId };
}

/** The number by which REST knows an agent; null where only SCIM's id is known. */
export function readAgentId(vendorUserId: string | null): number | null {
  return vendorUserId !== null && /^\d{1,15}$/.test(vendorUserId) ? Number(vendorUserId) : null;
}

/** SCIM's id, where that is all that was recorded. */
export function readScimId(vendorUserId: string | null): string | null {
  return vendorUserId?.match(/^scim:(.+)$/)?.[1] ?? null;
}
