import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { APPS, type App } from '../../functions/shared/apps.ts';
import { findAccount } from '../../functions/vendor/find-account.ts';
import type { ClientOptions } from '../../functions/vendor/http.ts';
import { allowSetLimits } from '../../local/runtime/simulated-surfaces.ts';
import { allSimulated, startVendors, type VendorServers } from '../../local/vendors/start-vendors.ts';
import { inLiveDialect, optionsFor } from '../contract-subject.ts';
import { ALL_SUBJECTS, SIMULATED_PEOPLE, SUBJECTS } from '../contract-subjects.ts';
import { stubWideLimits } from '../wide-limits.ts';

// A leaver with two accounts in an app: whichever of them is found first, the other one must not stay open.

/** How the app has the address of the second account: what it is called, and whose mailbox HR knows it by. */
const SPELLINGS = [
  ['as HR has it', (address: string) => address],
  ['with a blank at its end', (address: string) => `${address} `],
  ['with a tab at its end', (address: string) => `${address}\t`],
  ['with a non-breaking space at its end', (address: string) => `${address}\u00a0`],
  ['with a zero-width space in it', (address: string) => address.replace('.', '\u200b.')],
  ['with a non-breaking space in it', (address: string) => address.replace('.', '.\u00a0')],
  ['with a blank before the @', (address: string) => address.replace('@', ' @')],
  ['in upper case', (address: string) => address.toUpperCase()],
  ['with decomposed letters', (address: string) => address.normalize('NFD')],
  ['with its domain as DNS has it', (address: string) => address.replace('bücher', 'xn--bcher-kva')],
  ['as it was before', (address: string) => `earlier-${address}`],
] as const;
type Spelling = readonly [what: string, spell: (address: string) => string];
type SpellingsOf = (turn: number, all: readonly Spelling[]) => readonly Spelling[];

/** The account that a search finds first, and whether it is recorded. */
export const FIRSTS = (['open', 'shut', 'absent'] as const).flatMap((first) =>
  [true, false].map((isRecorded) => ({ first, isRecorded })),
);
type First = (typeof FIRSTS)[number];

/** The dialects of each app. */
export const DIALECTS = APPS.flatMap((app) => [
  { app, dialect: 'guide' as const },
  ...(ALL_SUBJECTS.some((one) => one.vendor === app && one.dialect === 'live')
    ? [{ app, dialect: 'live' as const }]
    : []),
]);

export let vendors: VendorServers;
let number = 0;

/** Starts the simulated vendors for the file's tests. */
export function useVendors(): void {
  beforeAll(async () => {
    stubWideLimits(vi.stubEnv);
    vendors = allSimulated(await startVendors());
    allowSetLimits(vendors);
  });
  afterAll(async () => {
    await Promise.all(Object.values(vendors).map((server) => server.close()));
    vi.unstubAllEnvs();
  });
}

/**
 * @param firstsOf which first accounts are tried, given how many spellings were tried before, in all apps.
 * @param spellingsOf which spellings are tried, given how many dialects of apps were tried before.
 */
export function describeSecondAccounts(
  firstsOf: (turn: number) => readonly First[],
  spellingsOf: SpellingsOf,
): void {
  let turn = 0;
  describe.each(DIALECTS.map((one, place) => ({ ...one, spellings: spellingsOf(place, SPELLINGS) })))(
    '$app, asked in the dialect $dialect, shuts or names every account of a leaver:',
    ({ app, dialect, spellings }) => {
      it.each(spellings)('the second has the address %s', async (_, spell) => {
        for (const first of firstsOf(turn++)) {
          const { open, claimed } = await play({ app, dialect }, { ...first, spell });
          expect(claimed, JSON.stringify(first)).toEqual(expect.arrayContaining(open));
        }
      });
    },
  );
}

/**
 * SalesLoft's REST API shows nobody who has not accepted an invitation. The parameters are those of
 * `describeSecondAccounts`.
 */
export function describeSecondInvitations(
  firstsOf: (turn: number) => readonly First[],
  spellingsOf: SpellingsOf,
): void {
  let turn = 0;
  const dialects = (['guide', 'live'] as const).map((dialect, place) => ({ dialect, place }));
  describe.each(dialects)('SalesLoft, asked in the dialect $dialect:', ({ dialect, place }) => {
    it.each(spellingsOf(place, SPELLINGS))(
      "a leaver's second invitation has the address %s",
      async (_, spell) => {
        for (const first of firstsOf(turn++)) {
          const second = { spell, isInvited: true };
          const { open, claimed } = await play({ app: 'salesloft', dialect }, { ...first, ...second });
          expect(claimed, JSON.stringify(first)).toEqual(expect.arrayContaining(open));
        }
      },
    );
  });
}

/** @param spellingsOf which spellings are tried, given how many dialects of apps were tried before. */
export function describeOnlyAccounts(spellingsOf: SpellingsOf): void {
  describe.each(DIALECTS.map((one, turn) => ({ ...one, turn })))(
    '$app, asked in the dialect $dialect, makes no second account for a joiner:',
    ({ app, dialect, turn }) => {
      const known = SPELLINGS.filter(([what]) => what !== 'as it was before');
      it.each(spellingsOf(turn, known))('theirs has the address %s', async (_, spell) => {
        const { name, email, find } = personIn(app, dialect);
        SIMULATED_PEOPLE[app].plant(vendors, { name, email: spell(email), isOpen: true });
        expect(await find('onboarding', null)).toMatchObject({ status: 'found' });
        SIMULATED_PEOPLE[app].forget(vendors, (one) => one === name);
      });
    },
  );
}

/**
 * Somebody of whom no other test knows, and how they are looked for.
 *
 * @param change changes how the app is asked.
 */
export function personIn(
  app: App,
  dialect: 'guide' | 'live',
  change = (options: ClientOptions): ClientOptions => options,
) {
  number += 1;
  const [firstName, lastName, employeeId] = ['Zoë', `Archer${number}`, `E-${number}`];
  const email = `zoë.archer${number}@bücher.example`;
  const server = dialect === 'live' ? inLiveDialect<object>(vendors[app]) : vendors[app];
  const search = SUBJECTS[app].search(change(optionsFor(server)));
  const nobody = { previousEmployeeIds: [], contradictedBy: null };
  const addresses = { email, profileEmail: email, earlierAddresses: [email, `earlier-${email}`] };
  const find = (
    workflow: 'onboarding' | 'offboarding',
    vendorUserId: string | null,
    more: { reinstates?: boolean; otherIds?: Partial<Record<App, string>> } = {},
  ) =>
    findAccount({
      input: {
        ...{ app, reinstates: more.reinstates ?? false, vendorUserId },
        person: {
          ...{ workflow, employeeId, name: { firstName, lastName }, ...addresses, ...nobody },
          otherIds: more.otherIds ?? {},
        },
      },
      owners: {
        findOwner: async () => null,
        findByAddress: async () => [employeeId],
        findFormerHolders: async () => [],
      },
      search,
    });
  return { name: `${firstName} ${lastName}`, email, search, find };
}

/** Looks for a leaver with two accounts. Says which are open, and which are shut or named by the error that stops the app. */
async function play(
  { app, dialect }: { app: App; dialect: 'guide' | 'live' },
  { first, isRecorded, spell, isInvited = false }: First & { spell: Spelling[1]; isInvited?: boolean },
): Promise<{ open: string[]; claimed: string[] }> {
  const { name, email, search, find } = personIn(app, dialect);
  const people = SIMULATED_PEOPLE[app];
  const theirs = () => people.accounts(vendors).filter((account) => account.name === name);
  if (first !== 'absent') people.plant(vendors, { name, email, isOpen: first === 'open' });
  const recordedIds = theirs().flatMap(({ ids }) => ids);
  people.plant(vendors, { name, email: spell(email), isOpen: true });
  const second = vendors.salesloft.state.users.at(-1);
  if (isInvited && second !== undefined) second.accepted = false;

  // As a run would have recorded it that found it before the second one was there.
  const known = await search({ vendorUserId: null, addresses: [email], isThorough: true });
  const recorded = known.find(({ account }) => recordedIds.includes(account.vendorUserId));
  const recordedId = isRecorded ? (recorded?.account.vendorUserId ?? '987654321') : null;
  const found = await find('offboarding', recordedId).catch(({ message }: Error) => message);
  const open = theirs().filter(({ isOpen }) => isOpen);
  people.forget(vendors, (one) => one === name);
  const claims = typeof found === 'string' ? found : JSON.stringify([found.account, found.others]);
  return {
    open: open.map(({ ids }) => ids.join(' or ')),
    claimed: open
      .filter(({ ids }) => ids.some((id) => claims.includes(id)))
      .map(({ ids }) => ids.join(' or ')),
  };
}
