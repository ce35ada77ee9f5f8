import * as z from 'zod/mini';
import { AccountNotManagedError, InvalidInputError, VendorRejectedError } from '../shared/errors.ts';
import type { StepResult } from '../shared/outcome.ts';
import { realSleep } from '../shared/sleep.ts';
import { assertSpeaks, dialectOf } from '../vendor/dialect.ts';
import { type HandOver, handOver, handOverInParts } from '../vendor/hand-over.ts';
import { type Journal, memoryJournal, type Place } from '../vendor/hand-over-journal.ts';
import { type ClientOptions, vendorHttp } from '../vendor/http.ts';
import { exactMatch } from '../vendor/match.ts';
import type { NewOwner } from '../vendor/new-owner.ts';
import type { OwnedRecords, RecordId } from '../vendor/owned-records.ts';
import { twiceIf } from '../vendor/paging.ts';
import { assertMayShut, type Release } from '../vendor/protected-account.ts';
import { type ScimClient, ScimPerson, type ScimUser, scimClient } from '../vendor/scim.ts';
import { bringInLine, handWork, inOne, type ScimTold, type ShownAccount } from '../vendor/scim-facts.ts';
import { textOrNothing } from '../vendor/text-or-nothing.ts';
import { driftAccountList } from './account-list.ts';
import { driftAgentSearch } from './agent-search.ts';
import { accountOf, type DriftAccount, type FoundAgent, readAgentId } from './agents.ts';
import { driftRestSurface, driftScimSurface } from './app.ts';
import { driftContacts } from './contacts.ts';
import { pagesOf } from './dialect/calls.ts';
import { guideCalls } from './guide/calls.ts';
import { liveCalls, userPatch } from './live/calls.ts';
import { driftRest } from './rest.ts';
import { driftScim } from './scim.ts';

// API reference: https://devdocs.drift.com/docs/platform-apis
// Not in the reference (agents over SCIM): https://www.stitchflow.com/user-management/drift/api
// guide/ has the calls as the guide describes them, live/ as Drift answers today.

/** A joiner. HR may not tell the name of somebody whose account is brought back. */
export const DriftJoiner = z.object({
  employeeId: z.string(),
  email: textOrNothing,
  firstName: textOrNothing,
  lastName: textOrNothing,
});
type DriftJoiner = z.infer<typeof DriftJoiner>;

const DEFAULT_PAGE_SIZE = 100;

export type DriftClient = ReturnType<typeof drift>;

/**
 * The Drift client. Each method is one step, and each that writes may be run again. Besides what is named
 * at a method, all throw the errors of `VendorHttp`.
 */
export function drift(options: ClientOptions = {}) {
  const sleep = options.sleep ?? realSleep;
  const pageSize = options.pageSize ?? DEFAULT_PAGE_SIZE;
  const dialect = options.dialect ?? dialectOf(driftRestSurface, options.rest?.baseUrl);
  if (options.dialect === undefined) assertSpeaks(dialect, driftScimSurface, options.scim?.baseUrl);
  const isLive = dialect === 'live';
  const http = vendorHttp(driftRest(dialect), { sleep, ...options.rest });
  const calls = isLive ? liveCalls(http, pageSize) : guideCalls(http, pageSize);
  const { owned } = calls;
  const scim = scimClient(driftScim, vendorHttp(driftScim, { sleep, ...options.scim }), {
    ...{ sleep, pageSize },
    patchBody: isLive ? userPatch : undefined,
  });

  const { listSeats, readAgent, findAgent } = driftAgentSearch(calls, scim, { isLive });

  const findListedAgent = async (operation: string, email: string) => {
    const agents = await listSeats(operation);
    return exactMatch('drift', email, agents, ({ id, email: address }) => ({ id, email: address }));
  };

  const ensureUser = async (
    person: DriftJoiner,
    knownScimId: string | null,
  ): ReturnType<ScimClient['ensureUser']> => {
    if (knownScimId === null) return scim.ensureUser(newcomer(person));
    return { status: 'already_done', user: await scim.readUser('provisionAgent', knownScimId) };
  };

  /** An agent as SCIM shows it, which counts as it does for a seat, and by REST what SCIM does not show. */
  const readShown = async (
    operation: string,
    { vendorUserId, scimId }: DriftAccount,
    known: ScimUser | null = null,
  ): Promise<ShownAccount> => {
    const user = known ?? (scimId === null ? null : await scim.readUser(operation, scimId));
    const isShown = user !== null && user.name !== null;
    const agent = isShown ? null : await readAgent(operation, readAgentId(vendorUserId));
    return {
      name: user?.name ?? agent?.name ?? null,
      email: user?.userName ?? agent?.email ?? null,
      user,
    };
  };

  const bringAgentInLine = (operation: string, account: DriftAccount, told: ScimTold, known: ShownAccount) =>
    bringInLine({
      ...{ vendor: 'drift', title: 'Drift', subject: `agent ${account.vendorUserId}` },
      ...{ operation, scim, told, known, sleep },
      read: () => readShown(operation, account),
    });

  const findSeat = async (operation: string, email: string) => {
    const agent = await findListedAgent(operation, email);
    // Some servers compare the case, so SCIM is asked with the spelling that REST shows.
    return agent === null ? null : { ...agent, user: await scim.findUser(agent.email ?? email) };
  };

  const findNewOwner = async (
    operation: string,
    newOwner: NewOwner | null,
    leaver: DriftAccount,
  ): Promise<number> => {
    if (newOwner === null)
      throw new InvalidInputError(
        `Drift agent ${leaver.vendorUserId} may own ${owned.what}, and nobody is named to take them over. Give reassignTo.`,
      );
    const agent = await newOwner.find({
      withAddress: (address) => findSeat(operation, address),
      idsOf: ({ id, user }) => [String(id), ...(user === null ? [] : [`scim:${user.id}`])],
    });
    if (agent === null)
      throw new InvalidInputError(
        "Drift has no active agent with the new owner's address. Name somebody who is one.",
      );
    if (String(agent.id) === leaver.vendorUserId)
      throw new InvalidInputError(
        `Drift agent ${agent.id}, the new owner, is the leaver. Name somebody else.`,
      );
    if (agent.user?.active === false)
      throw new InvalidInputError(
        `Drift agent ${agent.id}, the new owner, is deactivated. Name somebody who is active.`,
      );
    return agent.id;
  };

  const provision = async (person: DriftJoiner, known: DriftAccount | null): Promise<StepResult> => {
    const told = toldBy(person);
    // Creating an agent with the event's address could make a second agent of the same person.
    if (known !== null && known.scimId === null)
      return inOne(
        {
          status: 'already_done',
          followUps: [
            `Bring Drift agent ${known.vendorUserId} under SCIM: the agent has a seat, and tenure cannot deactivate the agent without SCIM.`,
          ],
        },
        await bringAgentInLine('provisionAgent', known, told, await readShown('provisionAgent', known)),
      );
    const { status, user } = await ensureUser(person, known?.scimId ?? null);
    const activation = user.active === false ? await scim.ensureActive(user.id, true) : 'already_done';
    const knownAgentId = known?.scimId === user.id ? readAgentId(known.vendorUserId) : null;
    const agentId = knownAgentId ?? (await findListedAgent('provisionAgent', user.userName))?.id ?? null;
    const account = accountOf(agentId, user.id);
    if (status === 'changed')
      return { status, account, changes: [{ what: 'agent provisioned', login: 'opened' }] };
    const opened: StepResult =
      activation === 'changed'
        ? { status: activation, account, changes: [{ what: 'agent reactivated', login: 'opened' }] }
        : { status, account };
    const shown = await readShown('provisionAgent', account, user);
    return inOne(opened, await bringAgentInLine('provisionAgent', account, told, shown));
  };

  /** Whether REST does not know the agent, as it is after a deactivation today. */
  const isWithoutSeat = async (agentId: number | null): Promise<boolean> => {
    const operation = 'deactivateAgent';
    if ((await readAgent(operation, agentId)) !== null) return false;
    // A gateway answers 404 too, and whoever is taken for gone keeps the login.
    return agentId === null || (await listSeats(operation)).every(({ id }) => id !== agentId);
  };

  const operation = 'reassignContacts';
  const recordsOf = (
    leaver: DriftAccount,
    agentId: number,
    newOwner: NewOwner | null,
  ): OwnedRecords<RecordId> => ({
    ...{ vendor: 'drift', what: owned.what, sleep, first: owned.first },
    list: pagesOf(operation, owned.path),
    listPage: async (position) => {
      // A list of everybody's without any would hide all that the leaver owns.
      const { items, next } = await twiceIf(
        (page) => position === owned.first && page.items.length === 0 && page.next === null,
        () => owned.listPage(operation, position),
      );
      return { ids: items.filter(({ owner }) => owner === agentId).map(({ id }) => id), next, shown: items };
    },
    readOwner: async (id) => {
      const record = await owned.read(operation, id);
      if (record === null) return 'gone';
      return record.owner === agentId ? 'leaver' : 'other';
    },
    findNewOwner: () => findNewOwner(operation, newOwner, leaver),
    move: (id, newOwnerId) => owned.setOwner(operation, id, newOwnerId),
  });

  const handOverOf = (
    leaver: DriftAccount,
    agentId: number,
    newOwner: NewOwner | null,
    journal: Journal,
  ): HandOver => ({
    records: recordsOf(leaver, agentId, newOwner),
    ...{ journal, step: 'DriftReassignContacts', now: options.rest?.now ?? Date.now },
  });

  return {
    ...driftContacts(http, { sleep, now: options.rest?.now ?? Date.now, dialect }),

    /**
     * The recorded agent, and all who have one of the addresses, on both surfaces; only SCIM knows those without a seat.
     * Where SCIM finds nobody, it is not walked through: whoever can log in has a seat, and so REST gave the spelling.
     */
    findAgent,

    /** Whether an agent who was deactivated is gone, so that whoever is brought back gets a new one. */
    createsAnew: isLive,

    /**
     * Gives the person a seat: creates the agent, or activates the existing one and brings name and address in line with
     * HR. An agent whom SCIM does not know has a seat already, and becomes a follow-up.
     *
     * @param known the account that `findAgent` returned; it is used even when its address has changed.
     * @throws VendorRejectedError when Drift refuses the address, as it does for one that was deleted before, and for which
     *   there is a follow-up in the live dialect;
     *   InvalidInputError when an agent is to be created, and the name is not told.
     */
    provisionAgent: async (person: DriftJoiner, known: DriftAccount | null = null): Promise<StepResult> => {
      const tryOnce = () =>
        provision(person, known).catch((error: unknown) => {
          if (!isLive || !isComingBack(error)) throw error;
          return null;
        });
      // A gateway may refuse somebody new, but not twice.
      return (
        (await tryOnce()) ??
        (await tryOnce()) ?? {
          status: 'not_found',
          followUps: [
            `Give employee ${person.employeeId} a seat in Drift by hand: Drift refuses the address, as it does for an agent who was deactivated before.`,
          ],
        }
      );
    },

    /**
     * Brings an agent's name and address in line with HR. What cannot be written is a follow-up.
     *
     * @param fields what else is new, in words.
     * @throws VendorUnconfirmedError; VendorRejectedError when the address is taken.
     */
    updateAgent: async (
      account: DriftAccount,
      told: ScimTold,
      fields: readonly string[] = [],
    ): Promise<StepResult> => {
      const known = await readShown('updateAgent', account);
      return inOne(await bringAgentInLine('updateAgent', account, told, known), {
        status: 'not_needed',
        ...handWork({ title: 'Drift', subject: `agent ${account.vendorUserId}`, told, known }, fields),
      });
    },

    /**
     * Takes the agent's seat away. The agent is not deleted, because Drift never provisions a deleted address again.
     * Contacts keep their owner.
     *
     * @param release what a person has released of what protects the agent; nothing protects them where it is left out.
     * @throws AccountNotManagedError for an agent whom SCIM has not shown, VendorRejectedError for one whom it does not show any
     *   more; ProtectedAccountError where nobody has.
     */
    deactivateAgent: async (
      { vendorUserId, scimId }: DriftAccount,
      release: Release = {},
    ): Promise<StepResult> => {
      const agentId = readAgentId(vendorUserId);
      const isGone = isLive ? () => isWithoutSeat(agentId) : undefined;
      if (scimId === null) {
        if (await isGone?.()) return { status: 'already_done' };
        throw new AccountNotManagedError('drift', vendorUserId);
      }
      const guard = () =>
        assertMayShut('drift', vendorUserId, release, {
          readRole: async () => (await readAgent('deactivateAgent', agentId))?.role,
          readOtherRoles: async () =>
            (await listSeats('deactivateAgent')).filter(({ id }) => id !== agentId).map(({ role }) => role),
        });
      const status = await scim.ensureActive(scimId, false, { guard, isGone });
      return status === 'already_done'
        ? { status }
        : { status, changes: [{ what: 'agent deactivated', login: 'shut' }] };
    },

    /** All agents a page at a time, first as SCIM and then as REST lists them, and after them who owns what. */
    listAccounts: driftAccountList(calls, scim, { isLive }),

    /**
     * Looks whether somebody can take over what the leaver owns, before anything is written.
     *
     * @throws InvalidInputError when nobody is named, or the one named is no agent, deactivated or the leaver.
     */
    checkNewOwner: async (
      leaver: { email: string; vendorUserId: string | null },
      newOwner: NewOwner | null,
    ): Promise<StepResult> => {
      const { email, vendorUserId } = leaver;
      const found = await findAgent({ vendorUserId, addresses: [email] });
      const ids = ({ account, otherIds = [] }: FoundAgent) => [account.vendorUserId, ...otherIds];
      const recorded = found.find((one) => vendorUserId !== null && ids(one).includes(vendorUserId));
      const account = (recorded ?? found.find(({ isOpen }) => isOpen) ?? found[0])?.account;
      if (account === undefined) return { status: 'not_needed' };
      await findNewOwner('checkNewOwner', newOwner, account);
      return { status: 'found' };
    },

    /**
     * Gives all that the leaver owns to the new owner. When it is not known which these are, a follow-up says so.
     *
     * @throws InvalidInputError as `checkNewOwner` does, when there is something to move; as `handOver`.
     */
    reassignContacts: async (
      leaver: DriftAccount,
      newOwner: NewOwner | null,
      journal = memoryJournal(),
    ): Promise<StepResult> => {
      const agentId = readAgentId(leaver.vendorUserId);
      if (agentId === null) return unknownOwner(leaver, owned.what);
      return handOver(handOverOf(leaver, agentId, newOwner, journal));
    },

    /** As `reassignContacts`, in parts. @throws as `handOverInParts` */
    reassignContactsInParts: async (
      leaver: DriftAccount,
      newOwner: NewOwner | null,
      journal: Journal,
      from: Place | null,
    ): Promise<Place | StepResult> => {
      const agentId = readAgentId(leaver.vendorUserId);
      if (agentId === null) return unknownOwner(leaver, owned.what);
      return handOverInParts(handOverOf(leaver, agentId, newOwner, journal), from);
    },
  };
}

function unknownOwner({ scimId }: DriftAccount, what: string): StepResult {
  return {
    status: 'not_needed',
    followUps: [
      `Look up and reassign the ${what} of the Drift agent whose SCIM id is ${scimId} by hand: Drift does not show the id by which ${what} name a deactivated agent.`,
    ],
  };
}

/** Whether a seat was refused, as it is for whoever was deactivated before. */
function isComingBack(error: unknown): boolean {
  if (!(error instanceof VendorRejectedError)) return false;
  const { method, operation, status } = error.call;
  const isReactivation = operation === 'reactivateUser';
  // What a read is refused for is not the seat, unless the agent is gone.
  if (method === 'GET') return isReactivation && (status === 404 || status === 410);
  return status === 409 || isReactivation;
}

function toldBy({ firstName, lastName, email }: DriftJoiner): ScimTold {
  return { email, name: firstName === null || lastName === null ? null : { firstName, lastName } };
}

function newcomer(person: DriftJoiner): ScimPerson {
  const told = ScimPerson.safeParse(person);
  if (told.success) return told.data;
  throw new InvalidInputError(
    `Drift needs the name and the address of employee ${person.employeeId} to create an agent. Send a hire that tells them.`,
  );
}
