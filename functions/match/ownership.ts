import type { App } from '../shared/apps.ts';
import { isAddressAmong, normalizeEmail } from '../shared/email.ts';
import { AmbiguousUserError, IdentityConflictError, type IdentityConflictReason } from '../shared/errors.ts';
import { compareNames } from './names.ts';

/** An account as its app shows it; null is what the app does not tell. All that an app has to supply. */
export type Candidate = {
  vendorUserId: string;
  address: string | null;
  /** HR's number of the person, in whichever field the app keeps it. */
  externalId: string | null;
  name: string | null;
  /** Whether somebody can log in, or could by accepting the invitation. */
  isOpen: boolean;
  /** Whether it is probably the recorded account, which the app does not tell: it is, where nothing else speaks against it. */
  isGuessed?: boolean;
};

/** What tenure knows of the person whose account is looked for in one app. */
export type KnownPerson = {
  workflow: 'hire' | 'leave' | 'update';
  employeeId: string;
  /** Ids that the person had before, of which HR or somebody here has said so. */
  previousEmployeeIds: readonly string[];
  /** The accounts in this app that are recorded for this person. */
  recordedIds: readonly string[];
  /** The event's address, and the profile's present one. */
  addresses: readonly string[];
  /** Addresses that the person had before. */
  earlierAddresses: readonly string[];
  /** Those of all these that the profile has, and not the event alone, which may be mistyped. */
  ownAddresses: readonly string[];
  name: { firstName: string; lastName: string } | null;
  /** Whether only what was shut comes back, so that the recorded account is all that counts. */
  reinstates?: boolean;
};

/** What tenure knows of everybody else, as far as the candidates go. */
export type KnownOthers = {
  /** Employee ids by the `vendorUserId` of the account in this app that is recorded for them. */
  owners: ReadonlyMap<string, string>;
  /** The employees whose profile has an address now, by `normalizeEmail` of it; the person may be among them. */
  employeesByAddress: ReadonlyMap<string, readonly string[]>;
  /** Who had an address before they had another one, and their names then; asked for where an account's name is partly a leaver's. */
  formerHolders: ReadonlyMap<string, readonly FormerHolder[]>;
};
type FormerHolder = { employeeId: string; name: { firstName: string; lastName: string } };

export type Conflict = {
  reason: IdentityConflictReason;
  vendorUserId: string;
  /** Whose account it is; null when that is not known. */
  ownerId: string | null;
};

/** An open account that seems to be somebody else's, or one that is shut and may have been the person's. */
export type LeftAlone = { vendorUserId: string; ownerId: string | null; isOpen: boolean };

/**
 * Whose the accounts are. `alsoOpen` are further open accounts of the person, which a leave has to shut too; `leftAlone`
 * are those of which a person has to find out whose they are, while what is certain is done.
 */
export type Ownership<T extends Candidate> =
  | { kind: 'theirs'; account: T; alsoOpen: T[]; leftAlone?: LeftAlone[] }
  /** The person's, and nobody's by the records: to be recorded as theirs. */
  | { kind: 'adopt'; account: T; alsoOpen: T[] }
  | { kind: 'not_found'; leftAlone?: LeftAlone[] }
  | { kind: 'somebody_elses'; conflicts: [Conflict, ...Conflict[]] }
  | { kind: 'several'; vendorUserIds: string[] };

/**
 * Decides whose the candidates are, before anything is written. The candidates are every account that the app shows
 * under a recorded id or one of the person's addresses, shut ones too; any others are passed over.
 * docs/decisions/0020 has the table of cases.
 */
export function decideOwnership<T extends Candidate>(
  person: KnownPerson,
  others: KnownOthers,
  candidates: readonly T[],
): Ownership<T> {
  const distinct = [...new Map(candidates.map((candidate) => [candidate.vendorUserId, candidate])).values()];
  const judged = distinct.map((candidate) => ({ candidate, verdict: judge(person, others, candidate) }));
  const recorded = judged.flatMap(({ candidate, verdict }) => (verdict === 'recorded' ? [candidate] : []));
  const proven = judged.flatMap(({ candidate, verdict }) => (verdict === 'proven' ? [candidate] : []));
  const likely = judged.flatMap(({ candidate, verdict }) => (verdict === 'likely' ? [candidate] : []));
  const hasOwn = recorded.length > 0;
  const conflicts = judged.flatMap(({ candidate, verdict }) => {
    if (typeof verdict === 'string') return [];
    return isNoQuestion(person, others, { candidate, verdict, hasOwn }) ? [] : [verdict];
  });
  const [first, ...more] = conflicts;
  if (first !== undefined) return { kind: 'somebody_elses', conflicts: [first, ...more] };
  return withLeftAlone(choose(person, { recorded, proven, likely }), judged);
}

/** Whether somebody else's account stops nothing: there is nothing to do about it, and what is the person's is known. */
function isNoQuestion(
  person: KnownPerson,
  others: KnownOthers,
  { candidate, verdict, hasOwn }: { candidate: Candidate; verdict: Conflict; hasOwn: boolean },
): boolean {
  const { isOpen, vendorUserId } = candidate;
  if (isRecordedFor(person, others, vendorUserId)) return false;
  // What an old namesake left behind.
  if (hasOwn && !isOpen && verdict.ownerId === null) return true;
  // An address that only the event gives may mean the other one.
  if (!hasOneOf(candidate, [...person.ownAddresses, ...person.earlierAddresses])) return false;
  if (person.workflow === 'leave') return hasOwn || !isOpen;
  return hasOwn && person.reinstates === true;
}

/** With what a person has to look at: what is open beside the person's own, or what is shut where there is nothing else. */
function withLeftAlone<T extends Candidate>(
  ownership: Ownership<T>,
  judged: readonly { candidate: T; verdict: Verdict }[],
): Ownership<T> {
  if (ownership.kind !== 'theirs' && ownership.kind !== 'not_found') return ownership;
  const leftAlone = judged.flatMap(({ candidate: { vendorUserId, isOpen }, verdict }): LeftAlone[] => {
    if (typeof verdict === 'string' && verdict !== 'unsure') return [];
    const ownerId = verdict === 'unsure' ? null : verdict.ownerId;
    const isAsked = ownership.kind === 'theirs' ? isOpen : ownerId === null;
    return isAsked ? [{ vendorUserId, ownerId, isOpen }] : [];
  });
  return leftAlone.length === 0 ? ownership : { ...ownership, leftAlone };
}

/**
 * The accounts of a decision, or null where there is none.
 *
 * @throws IdentityConflictError when one is somebody else's; AmbiguousUserError when there are several.
 */
export function accountsOrStop<T extends Candidate>(
  app: App,
  { employeeId }: Pick<KnownPerson, 'employeeId'>,
  ownership: Ownership<T>,
): { account: T; alsoOpen: T[] } | null {
  if (ownership.kind === 'not_found') return null;
  if (ownership.kind === 'several') throw new AmbiguousUserError(app, ownership.vendorUserIds);
  if (ownership.kind !== 'somebody_elses')
    return { account: ownership.account, alsoOpen: ownership.alsoOpen };
  const [{ reason, vendorUserId, ownerId }] = ownership.conflicts;
  throw new IdentityConflictError(app, vendorUserId, ownerId, { employeeId, reason });
}

/**
 * `recorded` and `proven` accounts are the person's by an id, `likely` ones by an address that nobody else has; `unsure`
 * ones may be, and are shut; `irrelevant` ones are no question here.
 */
type Verdict = 'recorded' | 'proven' | 'likely' | 'unsure' | 'irrelevant' | Conflict;

function judge(person: KnownPerson, others: KnownOthers, candidate: Candidate): Verdict {
  const { vendorUserId, externalId } = candidate;
  const owner = others.owners.get(vendorUserId) ?? null;
  const isRecorded = isRecordedFor(person, others, vendorUserId);
  const isProven = isKnown(externalId) && isPersons(person, externalId);
  const isClaimed = isRecorded || isProven || hasOneOf(candidate, person.addresses);
  if (!isClaimed && !hasOneOf(candidate, person.earlierAddresses)) return 'irrelevant';
  const conflict = isRecorded
    ? conflictOfRecorded(person, others, candidate, owner)
    : conflictOfOther(person, others, candidate, owner);
  // An address that the person gave up may be anybody's by now, which says nothing about this event; unless nobody owns
  // the account, and it still has the person's name.
  const isLeftOver =
    conflict?.reason === 'address_of_another' && compareNames(person.name, candidate.name) === 'same';
  if (conflict !== null) return isClaimed || isLeftOver ? conflict : 'irrelevant';
  if (isRecorded || candidate.isGuessed === true) return 'recorded';
  if (isProven) return 'proven';
  // There is nothing to shut, and whoever it was would come back as the person.
  const isUnsure = !candidate.isOpen && compareNames(person.name, candidate.name) === 'partly';
  return isUnsure ? 'unsure' : 'likely';
}

function isRecordedFor(person: KnownPerson, { owners }: KnownOthers, vendorUserId: string): boolean {
  const owner = owners.get(vendorUserId) ?? null;
  return person.recordedIds.includes(vendorUserId) || (owner !== null && isPersons(person, owner));
}

function conflictOfRecorded(
  person: KnownPerson,
  others: KnownOthers,
  candidate: Candidate,
  owner: string | null,
): Conflict | null {
  if (owner !== null && !isPersons(person, owner)) return conflict(candidate, 'recorded_for_another', owner);
  const isAddressTheirs = hasOneOf(candidate, [...person.addresses, ...person.earlierAddresses]);
  const names = compareNames(person.name, candidate.name);
  // Nobody has changed the account since the person had the address, which somebody else has now.
  if (hasOneOf(candidate, person.earlierAddresses) && names === 'same') return null;
  const holder = holderOf(person, others, candidate);
  // A seat that was given to somebody else in the app, under the id that it had before.
  if (holder !== null && !isHeldByPerson(person, others, candidate))
    return conflict(candidate, 'renamed_to_another', holder);
  if (!isKnown(candidate.address) || isAddressTheirs) return null;
  const isSomebodyElse = hasForeignExternalId(person, candidate) || names === 'different';
  return isSomebodyElse ? conflict(candidate, 'renamed_to_unknown', null) : null;
}

function conflictOfOther(
  person: KnownPerson,
  others: KnownOthers,
  candidate: Candidate,
  owner: string | null,
): Conflict | null {
  if (owner !== null) return conflict(candidate, 'recorded_for_another', owner);
  if (hasForeignExternalId(person, candidate)) return conflict(candidate, 'other_external_id', null);
  const isProven = isKnown(candidate.externalId);
  const holder = holderOf(person, others, candidate);
  if (holder !== null && !(isProven && hasOneOf(candidate, person.addresses)))
    return conflict(candidate, 'address_of_another', holder);
  if (isProven) return null;
  const reason = contraryName(person, others, candidate);
  return reason === null ? null : conflict(candidate, reason, null);
}

/** What the account's name says against its being the person's; null where it says nothing. */
function contraryName(
  person: KnownPerson,
  others: KnownOthers,
  candidate: Candidate,
): 'other_name' | 'no_name' | null {
  const names = compareNames(person.name, candidate.name);
  if (names === 'different') return 'other_name';
  const isLeaver = person.workflow === 'leave';
  const isOwnAddress = hasOneOf(candidate, [...person.ownAddresses, ...person.earlierAddresses]);
  // Who leaves may have married since, under an address that is known; who comes has the name that HR gives.
  if (names === 'partly')
    return isLeaver && isOwnAddress && !isFormerHolders(person, others, candidate) ? null : 'other_name';
  if (names === 'same') return null;
  // Somebody is known by other addresses, so that this one may be mistyped, and a stranger's.
  const isKnownOtherwise = person.ownAddresses.length > 0;
  if (isLeaver) return isKnownOtherwise && !isOwnAddress ? 'no_name' : null;
  // A name that cannot be compared is not the new hire's, as far as anybody knows.
  const isTold = isKnown(candidate.name) && !candidate.name.includes('@');
  return isTold && person.workflow === 'hire' && !candidate.isOpen ? 'other_name' : null;
}

function choose<T extends Candidate>(
  person: KnownPerson,
  { recorded, proven, likely }: { recorded: T[]; proven: T[]; likely: T[] },
): Ownership<T> {
  const certain = openFirst(recorded.length > 0 ? recorded : proven);
  const [account] = certain;
  if (account === undefined) return chooseLikely(person, likely);
  const rest = [...recorded, ...proven, ...likely].filter((other) => other !== account);
  const alsoOpen = rest.filter(({ isOpen }) => isOpen);
  // To open one beside another that is open would give the person two logins.
  if (person.workflow !== 'leave' && !account.isOpen && alsoOpen.length > 0)
    return several([account, ...alsoOpen]);
  return { kind: recorded.length > 0 ? 'theirs' : 'adopt', account, alsoOpen };
}

function chooseLikely<T extends Candidate>(person: KnownPerson, found: readonly T[]): Ownership<T> {
  // Of a leaver's, one that is shut already is no reason to leave an open one open.
  const open = person.workflow === 'leave' ? found.filter(({ isOpen }) => isOpen) : [];
  const likely = open.length > 0 ? open : found;
  const [account, ...rest] = openFirst(likely);
  if (account === undefined) return { kind: 'not_found' };
  if (rest.length === 0) return { kind: 'adopt', account, alsoOpen: [] };
  // Each address that a leaver has had may have an account; two with one address may be two people.
  const addresses = new Set(likely.map(({ address }) => normalizeEmail(address ?? '')));
  if (person.workflow !== 'leave' || addresses.size < likely.length) return several(likely);
  return { kind: 'adopt', account, alsoOpen: rest.filter(({ isOpen }) => isOpen) };
}

function several(accounts: readonly Candidate[]): Ownership<never> {
  return { kind: 'several', vendorUserIds: accounts.map(({ vendorUserId }) => vendorUserId) };
}

function openFirst<T extends Candidate>(accounts: readonly T[]): T[] {
  return accounts.toSorted((one, other) => Number(other.isOpen) - Number(one.isOpen));
}

function isPersons({ employeeId, previousEmployeeIds }: KnownPerson, id: string): boolean {
  return id.trim() === employeeId || previousEmployeeIds.includes(id.trim());
}

function isKnown(text: string | null): text is string {
  return text !== null && text.trim() !== '';
}

function hasForeignExternalId(person: KnownPerson, { externalId }: Candidate): boolean {
  return isKnown(externalId) && !isPersons(person, externalId);
}

function hasOneOf({ address }: Candidate, addresses: readonly string[]): boolean {
  return isAddressAmong(address, addresses);
}

/** Another employee whose address the account has; null when there is none. */
function holderOf(person: KnownPerson, others: KnownOthers, candidate: Candidate): string | null {
  return holdersOf(others, candidate).find((id) => !isPersons(person, id)) ?? null;
}

/** Whether the account has the name of somebody else who had its address before. */
function isFormerHolders(
  person: KnownPerson,
  { formerHolders }: KnownOthers,
  { address, name }: Candidate,
): boolean {
  const holders = formerHolders.get(normalizeEmail(address ?? '')) ?? [];
  return holders.some(
    (holder) => !isPersons(person, holder.employeeId) && compareNames(holder.name, name) === 'same',
  );
}

/** Whether the account's address is the one in the person's own profile, which the event's alone need not be. */
function isHeldByPerson(person: KnownPerson, others: KnownOthers, candidate: Candidate): boolean {
  return holdersOf(others, candidate).some((id) => isPersons(person, id));
}

function holdersOf({ employeesByAddress }: KnownOthers, { address }: Candidate): readonly string[] {
  return isKnown(address) ? (employeesByAddress.get(normalizeEmail(address)) ?? []) : [];
}

function conflict(
  { vendorUserId }: Candidate,
  reason: IdentityConflictReason,
  ownerId: string | null,
): Conflict {
  return { reason, vendorUserId, ownerId };
}
