import * as z from 'zod/mini';
import { compareNames } from '../match/names.ts';
import {
  accountsOrStop,
  type Candidate,
  decideOwnership,
  type KnownOthers,
  type Ownership,
} from '../match/ownership.ts';
import { APP_TITLES, APPS } from '../shared/apps.ts';
import { asking } from '../shared/asks.ts';
import { normalizeEmail, sameEmail } from '../shared/email.ts';
import { IdentityConflictError, InvalidInputError, isForGood } from '../shared/errors.ts';
import { type StepResult, withLeft } from '../shared/outcome.ts';
import type { ShownFacts } from '../shared/shown-facts.ts';
import { Workflow } from '../shared/workflow.ts';
import {
  type FormerHolder,
  type IdentityStore,
  identityStoreFromEnvironment,
} from '../tables/identity-store.ts';
import { sameText } from './same-text.ts';

/** The account that a find step passes on, as the app's other steps need it. */
type Account = { vendorUserId: string };

/** An account as a client found it. */
export type FoundAccount<Found extends Account> = Omit<Candidate, 'vendorUserId'> & {
  account: Found;
  /** The person's title and department, where the app shows them. */
  facts?: Pick<ShownFacts, 'title' | 'department'>;
  /** The name of the person's role; left out where the app does not show it. */
  role?: string | null;
  /** Further ids by which the account may be recorded. */
  otherIds?: readonly string[];
  /** The id by which it is decided whose it is, where that it is the recorded account is no more than a guess. */
  judgedAs?: string;
};

/** What a client searches for. */
export type AccountSearch = {
  /** The recorded account's id; null when none is recorded. */
  vendorUserId: string | null;
  /** The id by which another surface knows the recorded account; null where none is recorded. */
  otherId?: string | null;
  /** All addresses that the person has, or has had; the first is the event's. */
  addresses: readonly string[];
  /** Whether no call is too much, because a login that is missed stays open: for a leaver. */
  isThorough?: boolean;
  /** Whether somebody who is not found gets a new account: for a joiner of whom none is recorded. */
  isNew?: boolean;
  /** Whether the recorded account is to be opened again, which may be shut by now: for any other joiner. */
  comesBack?: boolean;
};

/** What is known of the person that a run is about, when it begins. */
export const Person = z.object({
  workflow: Workflow,
  employeeId: z.string(),
  previousEmployeeIds: z.array(z.string()),
  /** As HR writes it; null where HR does not say. */
  name: z.nullable(z.object({ firstName: z.string(), lastName: z.string() })),
  /** The address in the event. */
  email: z.string(),
  /** The address in the profile; null without one. */
  profileEmail: z.nullable(z.string()),
  /** Every address that the profile has had. */
  earlierAddresses: z.array(z.string()),
  /** By app, the id by which another surface of it knows the recorded account. */
  otherIds: z.optional(z.partialRecord(z.enum(APPS), z.string())),
  /** Another employee whose address the event cannot mean; null when there is none. */
  contradictedBy: z.nullable(z.string()),
});
export type Person = z.infer<typeof Person>;

/** What every find step gets. */
export const FindInput = z.object({
  app: z.enum(APPS),
  person: Person,
  /** The recorded account's id; null when none is recorded. */
  vendorUserId: z.nullable(z.string()),
  /** Whether the run brings back what was shut, and so creates nothing. */
  reinstates: z._default(z.boolean(), false),
  /** The role that HR asks for; null where it asks for none. */
  role: z.optional(z.nullable(z.string())),
});

/** Who owns which account, and who has, or had, which address. */
export type Owners = Pick<IdentityStore, 'findOwner' | 'findByAddress' | 'findFormerHolders'>;

/** The owners of this deployment, from the environment. */
export const ownersFromEnvironment = (): Owners => identityStoreFromEnvironment();

const WORKFLOW = { onboarding: 'hire', offboarding: 'leave', update: 'update' } as const;

/**
 * The person's account in an app, decided before anything is written; see `decideOwnership`.
 *
 * @param search gives the recorded account and every account that has one of the addresses, deactivated ones too.
 * @throws IdentityConflictError when the account is somebody else's; AmbiguousUserError when there are several;
 *   InvalidInputError when an account that is to be brought back is gone; what `search` and the store throw.
 */
export async function findAccount<Found extends Account>(parts: {
  input: z.infer<typeof FindInput>;
  owners: Owners;
  search: (search: AccountSearch) => Promise<readonly FoundAccount<Found>[]>;
  /** Whether an account that is gone is created anew for whoever is brought back. */
  createsAnew?: boolean;
  /** Whether a later step gives the person the role that HR asks for. */
  assignsRoles?: boolean;
}): Promise<StepResult> {
  const { input, owners, search } = parts;
  const { app, person, vendorUserId, reinstates } = input;
  const { employeeId, contradictedBy } = person;
  if (contradictedBy !== null)
    throw new IdentityConflictError(app, null, contradictedBy, {
      employeeId,
      reason: 'address_of_another',
    });
  const { previousEmployeeIds, name, earlierAddresses } = person;
  const addresses = distinct([person.email, person.profileEmail ?? person.email]);
  const otherId = person.otherIds?.[app] ?? null;
  const { found, unread } = await searched(search, {
    ...{ vendorUserId, otherId, addresses: addressesOf(person) },
    isThorough: person.workflow === 'offboarding',
    isNew: person.workflow === 'onboarding' && vendorUserId === null,
    comesBack: person.workflow === 'onboarding' && vendorUserId !== null,
  });
  const candidates = found.map((one) => ({
    ...one,
    vendorUserId: one.judgedAs ?? recordedIdOf(one, vendorUserId),
    isGuessed: one.judgedAs !== undefined,
  }));
  const known = {
    workflow: WORKFLOW[person.workflow],
    ...{ employeeId, previousEmployeeIds, name, addresses, earlierAddresses },
    ownAddresses: [...earlierAddresses, ...(person.profileEmail === null ? [] : [person.profileEmail])],
    recordedIds: vendorUserId === null ? [] : [vendorUserId],
    reinstates,
  };
  const decision = decideOwnership(known, await knownOf(owners, input, candidates), candidates);
  const accounts = accountsOrStop(app, person, decision);
  const asked = asking('role', roleFollowUps(parts, accounts?.account.role ?? null));
  const looks = [...leftAloneFollowUps(input, decision), ...unreadFollowUps(input, unread)];
  if (accounts !== null)
    return withLeft(
      {
        status: 'found',
        account: {
          ...accounts.account.account,
          shown: shownBy(accounts.account),
          wasOpen: accounts.account.isOpen || accounts.alsoOpen.length > 0,
        },
        others: accounts.alsoOpen.map(({ account }) => account),
      },
      {
        ...asked,
        followUps: [
          ...asked.followUps,
          ...unnamedFollowUps(input, decision.kind === 'adopt', accounts.account),
          ...looks,
        ],
      },
    );
  if (reinstates && parts.createsAnew !== true)
    throw new InvalidInputError(
      `The account ${vendorUserId} of employee ${employeeId} is gone, so it cannot be brought back. Send a hire to create another one.`,
    );
  return withLeft(
    { status: 'not_found', account: null },
    { ...asked, followUps: [...asked.followUps, ...looks] },
  );
}

/**
 * What a search finds. Where an app does not let all users be looked through, what is found without that counts: a
 * leaver's open account is shut rather than none, and a joiner comes in.
 */
async function searched<Found extends Account>(
  search: (search: AccountSearch) => Promise<readonly FoundAccount<Found>[]>,
  wanted: AccountSearch,
): Promise<{ found: readonly FoundAccount<Found>[]; unread: Error | null }> {
  try {
    return { found: await search(wanted), unread: null };
  } catch (error) {
    const { isThorough = false, isNew = false } = wanted;
    if (!(isThorough || isNew) || !isForGood(error)) throw error;
    const found = await search({ ...wanted, isThorough: false, isNew: false }).catch(() => null);
    // Nobody who can log in is known, so this would pass for a leaver without an account.
    if (found === null || (isThorough && !found.some(({ isOpen }) => isOpen))) throw error;
    return { found, unread: error };
  }
}

function unreadFollowUps({ app, person }: z.infer<typeof FindInput>, unread: Error | null): string[] {
  if (unread === null) return [];
  return [
    `Look in ${APP_TITLES[app]} for a second account of employee ${person.employeeId}: all users could not be looked through. ${unread.message}`,
  ];
}

function leftAloneFollowUps(
  { app, person }: z.infer<typeof FindInput>,
  decision: Ownership<Candidate>,
): string[] {
  if (!('leftAlone' in decision)) return [];
  return (decision.leftAlone ?? []).map(({ vendorUserId, ownerId, isOpen }) => {
    const account = `${APP_TITLES[app]} account ${vendorUserId}`;
    if (!isOpen)
      return `Find out whether ${account} was employee ${person.employeeId}'s: it is shut and has their address, but not their whole name or their number. It was left alone, with what it owns.`;
    const whose =
      ownerId === null
        ? 'the name or external id of somebody else'
        : `is employee ${ownerId}'s by what is known`;
    return `Find out whether ${account} is employee ${person.employeeId}'s too: it is open, has an address of theirs, and ${whose}. It was left alone.`;
  });
}

/** A role that no step assigns must not be forgotten, and one that the person has is asked of nobody. */
function roleFollowUps(
  { input, assignsRoles = false }: { input: z.infer<typeof FindInput>; assignsRoles?: boolean },
  shown: string | null,
): string[] {
  const { app, person, role = null } = input;
  if (role === null || person.workflow !== 'onboarding' || assignsRoles) return [];
  if (sameText(shown?.toLowerCase() ?? null, role.toLowerCase())) return [];
  return [`Give the person the role ${role} in ${APP_TITLES[app]}; its API cannot.`];
}

/** What opens a shut account that nobody knows, and that shows no name to tell whose it was. */
function unnamedFollowUps(
  { app, person }: z.infer<typeof FindInput>,
  isAdopted: boolean,
  { vendorUserId, name, isOpen }: Candidate,
): string[] {
  const isNamed = name !== null && name.trim() !== '';
  if (!isAdopted || isOpen || isNamed || person.workflow !== 'onboarding') return [];
  return [
    `Check that ${APP_TITLES[app]} account ${vendorUserId} was employee ${person.employeeId}'s before: it was shut, has their address and shows no name, and the hire opens it again.`,
  ];
}

function shownBy<Found extends Account>({ address, name, facts }: FoundAccount<Found>): ShownFacts {
  return { email: address, name, ...facts };
}

/** All addresses that the person has, or has had; the event's first. */
export function addressesOf({ email, profileEmail, earlierAddresses }: Person): string[] {
  return distinct([email, profileEmail ?? email, ...earlierAddresses]);
}

function recordedIdOf<Found extends Account>(
  { account, otherIds = [] }: FoundAccount<Found>,
  recordedId: string | null,
): string {
  return recordedId !== null && otherIds.includes(recordedId) ? recordedId : account.vendorUserId;
}

async function knownOf(
  owners: Owners,
  { app, person }: Pick<z.infer<typeof FindInput>, 'app' | 'person'>,
  candidates: readonly (Candidate & { otherIds?: readonly string[] })[],
): Promise<KnownOthers> {
  const ownerById = new Map<string, string>();
  const employeesByAddress = new Map<string, string[]>();
  const formerHolders = new Map<string, FormerHolder[]>();
  for (const { vendorUserId, address, name, otherIds = [] } of candidates) {
    for (const id of [vendorUserId, ...otherIds]) {
      const owner = await owners.findOwner(app, id);
      if (owner !== null && !ownerById.has(vendorUserId)) ownerById.set(vendorUserId, owner);
    }
    if (address === null) continue;
    employeesByAddress.set(normalizeEmail(address), await owners.findByAddress(address));
    // Nothing else depends on it.
    if (person.workflow === 'offboarding' && compareNames(person.name, name) === 'partly')
      formerHolders.set(normalizeEmail(address), await owners.findFormerHolders(address));
  }
  return { owners: ownerById, employeesByAddress, formerHolders };
}

function distinct(addresses: readonly string[]): string[] {
  return addresses.filter(
    (address, index) => addresses.findIndex((other) => sameEmail(other, address)) === index,
  );
}
