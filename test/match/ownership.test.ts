import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  accountsOrStop,
  type Candidate,
  decideOwnership,
  type KnownOthers,
  type KnownPerson,
} from '../../functions/match/ownership.ts';
import { normalizeEmail } from '../../functions/shared/email.ts';

const ANN = 'ann.lee@northlight.example';
const BO = 'bo.lind@northlight.example';

const person = (changes: Partial<KnownPerson> = {}): KnownPerson => ({
  workflow: 'leave',
  employeeId: 'E-1',
  previousEmployeeIds: [],
  recordedIds: [],
  addresses: [ANN],
  earlierAddresses: [],
  ownAddresses: [ANN],
  name: { firstName: 'Ann', lastName: 'Lee' },
  ...changes,
});
const joiner = (changes: Partial<KnownPerson> = {}) => person({ workflow: 'hire', ...changes });
const stranger = (changes: Partial<KnownPerson> = {}) => person({ name: null, ...changes });

const account = (changes: Partial<Candidate> = {}): Candidate => ({
  vendorUserId: '55',
  address: ANN,
  externalId: null,
  name: null,
  isOpen: true,
  ...changes,
});

const others = (
  owners: Record<string, string> = {},
  employeesByAddress: Record<string, string[]> = {},
  formerHolders: KnownOthers['formerHolders'] = new Map(),
): KnownOthers => ({
  formerHolders,
  owners: new Map(Object.entries(owners)),
  employeesByAddress: new Map(
    Object.entries(employeesByAddress).map(([address, ids]) => [normalizeEmail(address), ids]),
  ),
});
const NOBODY_ELSE = others();

const stop = (reason: string, ownerId: string | null, vendorUserId = '55') => ({
  kind: 'somebody_elses',
  conflicts: [{ reason, vendorUserId, ownerId }],
});

describe('whose account it is', () => {
  it('theirs, by the record, whatever the spelling of its address', () => {
    const found = account({ address: `${ANN.toUpperCase()}\u00a0` });
    const recorded = person({ recordedIds: ['55'] });
    expect(decideOwnership(recorded, others({ '55': 'E-1' }, { [ANN]: ['E-1'] }), [found])).toEqual({
      kind: 'theirs',
      account: found,
      alsoOpen: [],
    });
  });

  it('nobody is found', () => {
    expect(decideOwnership(person(), NOBODY_ELSE, [])).toEqual({ kind: 'not_found' });
    expect(decideOwnership(person(), NOBODY_ELSE, [account({ address: BO })])).toEqual({ kind: 'not_found' });
    expect(decideOwnership(person(), NOBODY_ELSE, [account({ address: null })])).toEqual({
      kind: 'not_found',
    });
  });

  it('an unknown leaver with the address of somebody hired: stop', () => {
    const hired = others({ '55': 'E-2' }, { [ANN]: ['E-2'] });
    expect(decideOwnership(stranger(), hired, [account()])).toEqual(stop('recorded_for_another', 'E-2'));
    // Where the account is not recorded yet, the address is.
    const unrecorded = others({}, { [ANN]: ['E-2'] });
    expect(decideOwnership(stranger(), unrecorded, [account()])).toEqual(stop('address_of_another', 'E-2'));
  });

  it('hired as 0007 and terminated as 7: stop', () => {
    const leaver = stranger({ employeeId: '7' });
    const hired = others({ '55': '0007' }, { [ANN]: ['0007'] });
    expect(decideOwnership(leaver, hired, [account()])).toEqual(stop('recorded_for_another', '0007'));
    const withExternalId = account({ externalId: '0007' });
    expect(decideOwnership(leaver, NOBODY_ELSE, [withExternalId])).toEqual(stop('other_external_id', null));
  });

  it('a typing error gives a leaver the address of somebody else: stop in every app', () => {
    const typed = person({ addresses: [BO, ANN], recordedIds: ['55'] });
    const known = others({ '55': 'E-1', '66': 'E-2' }, { [ANN]: ['E-1'], [BO]: ['E-2'] });
    const bos = account({ vendorUserId: '66', address: BO, name: 'Bo Lind' });
    expect(decideOwnership(typed, known, [account(), bos])).toEqual(
      stop('recorded_for_another', 'E-2', '66'),
    );
    const unrecorded = person({ addresses: [BO, ANN] });
    const unknown = others({}, { [ANN]: ['E-1'], [BO]: ['E-2'] });
    expect(decideOwnership(unrecorded, unknown, [bos])).toEqual(stop('address_of_another', 'E-2', '66'));
  });

  it.each([{ name: null }, { name: '' }, { name: '  ' }, { name: BO }, { name: '王小明' }])(
    'an address that only the termination of somebody known has, and no name to compare, %j: stop',
    (changes) => {
      const typed = person({ addresses: [BO, ANN], recordedIds: ['55'] });
      const invited = account({ vendorUserId: '66', address: BO, ...changes });
      expect(decideOwnership(typed, NOBODY_ELSE, [account(), invited])).toEqual(stop('no_name', null, '66'));
      expect(decideOwnership(person({ addresses: [BO, ANN] }), NOBODY_ELSE, [invited])).toEqual(
        stop('no_name', null, '66'),
      );
    },
  );

  it('an address that only the termination has, no name, and the number of the person: theirs', () => {
    const told = person({ addresses: [BO, ANN], recordedIds: ['55'] });
    const proven = account({ vendorUserId: '66', address: BO, externalId: 'E-1' });
    expect(decideOwnership(told, NOBODY_ELSE, [account(), proven])).toMatchObject({
      kind: 'theirs',
      alsoOpen: [proven],
    });
  });

  it('a leaver of whom nothing is known has what the address has, without a name too', () => {
    const unknown = stranger({ ownAddresses: [] });
    expect(decideOwnership(unknown, NOBODY_ELSE, [account()])).toMatchObject({ kind: 'adopt' });
  });

  it("a leaver's address is given to a new hire, and the account is recorded for the leaver: stop", () => {
    const left = others({ '55': 'E-0' }, { [ANN]: ['E-0', 'E-1'] });
    expect(decideOwnership(joiner(), left, [account({ isOpen: false })])).toEqual(
      stop('recorded_for_another', 'E-0'),
    );
  });

  it("the leaver's termination comes again after the address went to a new hire: stop", () => {
    const left = stranger({ employeeId: 'E-0' });
    const hired = others({ '55': 'E-1' }, { [ANN]: ['E-0', 'E-1'] });
    expect(decideOwnership(left, hired, [account()])).toEqual(stop('recorded_for_another', 'E-1'));
    // And the new hire can leave.
    const itself = decideOwnership(person({ recordedIds: ['55'] }), hired, [account()]);
    expect(itself).toMatchObject({ kind: 'theirs', account: { vendorUserId: '55' } });
  });

  it.each([
    [{ name: 'Ann Olsen' }, 'other_name'],
    [{ name: 'Bo Lind' }, 'other_name'],
    [{ externalId: 'E-0' }, 'other_external_id'],
    [{ name: 'Ann Lee', externalId: 'E-0' }, 'other_external_id'],
  ])('a new hire has the address of a leaver whom tenure never knew, %j: stop', (changes, reason) => {
    const left = account({ isOpen: false, ...changes });
    expect(decideOwnership(joiner(), NOBODY_ELSE, [left])).toEqual(stop(reason, null));
  });

  it.each([
    {},
    { name: 'Lee, Ann' },
    { name: 'A. Lee' },
    { name: '' },
    { externalId: 'E-1' },
    { externalId: 'E-1', name: 'Ann Olsen' },
    { externalId: ' ' },
  ])('a deactivated account of nobody is adopted with %j', (changes) => {
    const left = account({ isOpen: false, ...changes });
    expect(decideOwnership(joiner(), NOBODY_ELSE, [left])).toEqual({
      kind: 'adopt',
      account: left,
      alsoOpen: [],
    });
  });

  it("a hire with a working colleague's address: stop before the role", () => {
    const known = others({ '55': 'E-2' }, { [ANN]: ['E-1', 'E-2'] });
    expect(decideOwnership(joiner(), known, [account()])).toEqual(stop('recorded_for_another', 'E-2'));
    const colleague = account({ name: 'Bo Lind' });
    expect(decideOwnership(joiner(), NOBODY_ELSE, [colleague])).toEqual(stop('other_name', null));
  });

  it('a seat was renamed in the app to its new holder: stop', () => {
    const leaver = person({ recordedIds: ['55'] });
    const renamed = account({ address: BO });
    const known = others({ '55': 'E-1' }, { [ANN]: ['E-1'], [BO]: ['E-2'] });
    expect(decideOwnership(leaver, known, [renamed])).toEqual(stop('renamed_to_another', 'E-2'));
    // Also where the event has the new holder's address by mistake.
    const typed = person({ recordedIds: ['55'], addresses: [BO, ANN] });
    expect(decideOwnership(typed, known, [renamed])).toEqual(stop('renamed_to_another', 'E-2'));
  });

  it('a seat was renamed in the app to somebody unknown: stop, unless it is a change of name', () => {
    const leaver = person({ recordedIds: ['55'] });
    const known = others({ '55': 'E-1' }, { [ANN]: ['E-1'] });
    const decide = (changes: Partial<Candidate>) =>
      decideOwnership(leaver, known, [account({ address: 'new@northlight.example', ...changes })]);
    expect(decide({ name: 'Bo Lind' })).toEqual(stop('renamed_to_unknown', null));
    expect(decide({ externalId: 'E-2' })).toEqual(stop('renamed_to_unknown', null));
    for (const name of [null, 'Ann Olsen', 'Ann Lee'])
      expect(decide({ name })).toMatchObject({ kind: 'theirs' });
  });

  it('the recorded account is shut and a second one is open: both are theirs', () => {
    const leaver = person({ recordedIds: ['55'] });
    const shut = account({ isOpen: false });
    const open = account({ vendorUserId: '56' });
    expect(decideOwnership(leaver, others({ '55': 'E-1' }), [shut, open])).toEqual({
      kind: 'theirs',
      account: shut,
      alsoOpen: [open],
    });
    const back = joiner({ recordedIds: ['55'] });
    expect(decideOwnership(back, others({ '55': 'E-1' }), [shut, open])).toEqual({
      kind: 'several',
      vendorUserIds: ['55', '56'],
    });
  });

  it('what an old namesake left behind stops nobody whose account is recorded', () => {
    const mine = account();
    const left = account({ vendorUserId: '12', isOpen: false, name: 'Ann Olsen' });
    const back = joiner({ recordedIds: ['55'] });
    expect(decideOwnership(back, others({ '55': 'E-1' }), [left, mine])).toEqual({
      kind: 'theirs',
      account: mine,
      alsoOpen: [],
    });
  });

  it("somebody else's account with an address of the leaver's keeps nobody's own account open", () => {
    const renamed = {
      addresses: [ANN],
      earlierAddresses: [BO],
      ownAddresses: [ANN, BO],
      recordedIds: ['66'],
    };
    const mine = account({ vendorUserId: '66', address: BO, name: 'Ann Lee' });
    const known = others({ '55': 'E-9', '66': 'E-1' }, { [ANN]: ['E-9', 'E-1'] });
    const decide = (facts: Partial<KnownPerson>, theirs: Candidate, all = known) =>
      decideOwnership(person({ ...renamed, ...facts }), all, [theirs, mine]);
    const shut = { kind: 'theirs', account: mine, alsoOpen: [] };
    expect(decide({}, account({ isOpen: false }))).toEqual(shut);
    expect(decide({ workflow: 'hire', reinstates: true }, account({ isOpen: false }))).toEqual(shut);
    const left = { vendorUserId: '55', isOpen: true };
    expect(decide({}, account())).toEqual({ ...shut, leftAlone: [{ ...left, ownerId: 'E-9' }] });
    for (const unknown of [account({ name: 'Bo Lind' }), account({ externalId: 'E-2' })])
      expect(decide({}, unknown, NOBODY_ELSE)).toEqual({ ...shut, leftAlone: [{ ...left, ownerId: null }] });

    const taken = stop('recorded_for_another', 'E-9');
    expect(decide({ workflow: 'hire' }, account())).toEqual(taken);
    expect(decide({ workflow: 'update' }, account())).toEqual(taken);
    expect(decide({ recordedIds: [] }, account(), others({ '55': 'E-9' }))).toEqual(taken);
    // Only the event gives the address: it may mean the other one.
    expect(decide({ ownAddresses: [BO] }, account())).toEqual(taken);
  });

  it('a change of name: accounts under every earlier address are theirs', () => {
    const married = person({
      addresses: ['ann.olsen@northlight.example'],
      earlierAddresses: [ANN],
      ownAddresses: [ANN, 'ann.olsen@northlight.example'],
      name: { firstName: 'Ann', lastName: 'Olsen' },
    });
    const old = account({ name: 'Ann Lee' });
    expect(decideOwnership(married, NOBODY_ELSE, [old])).toMatchObject({ kind: 'adopt', account: old });
    const present = account({ vendorUserId: '56', address: 'ann.olsen@northlight.example' });
    expect(decideOwnership(married, NOBODY_ELSE, [old, present])).toEqual({
      kind: 'adopt',
      account: old,
      alsoOpen: [present],
    });
  });

  it("an address that the person gave up and somebody else has now is no question of the person's events", () => {
    const moved = person({ addresses: [BO], earlierAddresses: [ANN], recordedIds: ['66'] });
    const mine = account({ vendorUserId: '66', address: BO });
    const known = others({ '55': 'E-9', '66': 'E-1' }, { [ANN]: ['E-9'], [BO]: ['E-1'] });
    expect(decideOwnership(moved, known, [account(), mine])).toEqual({
      kind: 'theirs',
      account: mine,
      alsoOpen: [],
    });
    expect(decideOwnership(moved, known, [account()])).toEqual({ kind: 'not_found' });
  });

  it('a leaver unknown to tenure, with an account that nobody owns: theirs to shut', () => {
    const found = account({ name: 'Ann Lee', externalId: 'E-1' });
    for (const candidate of [account(), account({ name: 'Ann Lee' }), found])
      expect(decideOwnership(stranger(), NOBODY_ELSE, [candidate])).toEqual({
        kind: 'adopt',
        account: candidate,
        alsoOpen: [],
      });
    expect(decideOwnership(stranger(), NOBODY_ELSE, [account({ externalId: 'E-2' })])).toEqual(
      stop('other_external_id', null),
    );
  });

  it('a leaver who married since keeps the address; somebody of another name has not', () => {
    const decide = (name: string) => decideOwnership(person(), NOBODY_ELSE, [account({ name })]);
    expect(decide('Ann Olsen')).toMatchObject({ kind: 'adopt' });
    expect(decide('Bo Lind')).toEqual(stop('other_name', null));
  });

  it('what is shut under a part of the leaver’s name is not taken for theirs, and a person is told', () => {
    const old = account({ name: 'Ann Olsen', isOpen: false });
    expect(decideOwnership(person(), NOBODY_ELSE, [old])).toEqual({
      kind: 'not_found',
      leftAlone: [{ vendorUserId: '55', ownerId: null, isOpen: false }],
    });
    const mine = account({ vendorUserId: '66', name: 'Ann Lee' });
    expect(decideOwnership(person(), NOBODY_ELSE, [old, mine])).toEqual({
      kind: 'adopt',
      account: mine,
      alsoOpen: [],
    });
    expect(decideOwnership(person(), NOBODY_ELSE, [{ ...old, externalId: 'E-1' }])).toMatchObject({
      kind: 'adopt',
    });
  });

  it('somebody else’s account that is shut stops no leaver who had the address and has none of their own', () => {
    const decide = (found: Partial<Candidate>, known = NOBODY_ELSE, facts: Partial<KnownPerson> = {}) =>
      decideOwnership(person(facts), known, [account({ isOpen: false, ...found })]);
    const asked = { kind: 'not_found', leftAlone: [{ vendorUserId: '55', ownerId: null, isOpen: false }] };
    expect(decide({ name: 'Bo Lind' })).toEqual(asked);
    expect(decide({ externalId: 'E-2' })).toEqual(asked);
    expect(decide({}, others({ '55': 'E-9' }))).toEqual({ kind: 'not_found' });
    expect(decide({ name: 'Bo Lind' }, NOBODY_ELSE, { ownAddresses: [] })).toEqual(stop('other_name', null));
    expect(decide({ name: 'Bo Lind' }, NOBODY_ELSE, { workflow: 'update' })).toEqual(
      stop('other_name', null),
    );
  });

  it('a leaver’s open account is theirs beside one with the same address that is shut already', () => {
    const open = account({ name: 'Ann Lee' });
    const shut = account({ vendorUserId: '12', name: 'Ann Lee', isOpen: false });
    expect(decideOwnership(person(), NOBODY_ELSE, [shut, open])).toEqual({
      kind: 'adopt',
      account: open,
      alsoOpen: [],
    });
    expect(decideOwnership(joiner(), NOBODY_ELSE, [shut, open])).toMatchObject({ kind: 'several' });
  });

  it('an account with the name of whoever had the leaver’s address before is theirs', () => {
    const olsen = { employeeId: 'E-2', name: { firstName: 'Ann', lastName: 'Olsen' } };
    const decide = (name: string, employeeId = 'E-2') => {
      const formerHolders = new Map([[normalizeEmail(ANN), [{ ...olsen, employeeId }]]]);
      return decideOwnership(person(), others({}, { [ANN]: ['E-1'] }, formerHolders), [account({ name })]);
    };
    expect(decide('Ann Olsen')).toEqual(stop('other_name', null));
    expect(decide('Ann Lee')).toMatchObject({ kind: 'adopt' });
    expect(decide('Ann Lind')).toMatchObject({ kind: 'adopt' });
    expect(decide('Ann Olsen', 'E-1')).toMatchObject({ kind: 'adopt' });
  });

  it('an address that only the event has needs the whole name, as it may be mistyped: nobody is shut', () => {
    const mistyped = person({ addresses: [BO, ANN], recordedIds: ['66'] });
    const mine = account({ vendorUserId: '66' });
    const colleague = account({ address: BO, name: 'Ann Brook' });
    expect(decideOwnership(mistyped, NOBODY_ELSE, [mine, colleague])).toEqual(stop('other_name', null));
    const second = account({ address: BO, name: 'Lee, Ann' });
    expect(decideOwnership(mistyped, NOBODY_ELSE, [mine, second])).toMatchObject({ alsoOpen: [second] });
  });

  it('what is left at an address that somebody else has now, under the name of the person: stop', () => {
    const moved = person({ addresses: [BO], earlierAddresses: [ANN], ownAddresses: [ANN, BO] });
    const known = others({}, { [ANN]: ['E-9'], [BO]: ['E-1'] });
    expect(decideOwnership(moved, known, [account({ name: 'Ann Lee' })])).toEqual(
      stop('address_of_another', 'E-9'),
    );
    const recorded = person({ ...moved, recordedIds: ['55'] });
    const owned = others({ '55': 'E-1' }, { [ANN]: ['E-9'], [BO]: ['E-1'] });
    expect(decideOwnership(recorded, owned, [account({ name: 'Ann Lee' })])).toMatchObject({
      kind: 'theirs',
    });
    expect(decideOwnership(recorded, owned, [account({ name: 'Bo Lind' })])).toEqual(
      stop('renamed_to_another', 'E-9'),
    );
  });

  it('a deactivated account whose name cannot be compared is not the one of somebody who comes', () => {
    const decide = (isOpen: boolean) =>
      decideOwnership(joiner(), NOBODY_ELSE, [account({ name: 'Анна Петрова', isOpen })]);
    expect(decide(false)).toEqual(stop('other_name', null));
    expect(decide(true)).toMatchObject({ kind: 'adopt' });
  });

  it('what is probably the recorded account is it, unless a name or a number speaks against it', () => {
    const guess = account({ isGuessed: true, isOpen: false });
    const second = account({ vendorUserId: '56' });
    expect(decideOwnership(person(), NOBODY_ELSE, [guess, second])).toEqual({
      kind: 'theirs',
      account: guess,
      alsoOpen: [second],
    });
    const renamed = { ...guess, name: 'Bo Lind' };
    expect(decideOwnership(joiner(), NOBODY_ELSE, [renamed])).toEqual(stop('other_name', null));
  });

  it('the external id tells the person where the address is nobody’s', () => {
    const found = account({ address: 'old@northlight.example', externalId: 'E-1' });
    expect(decideOwnership(person(), NOBODY_ELSE, [found])).toMatchObject({ kind: 'adopt', account: found });
    const held = others({}, { 'old@northlight.example': ['E-2'] });
    expect(decideOwnership(person(), held, [found])).toEqual(stop('address_of_another', 'E-2'));
  });

  it('two accounts with the address, and no record: several', () => {
    const two = [account(), account({ vendorUserId: '56' })];
    for (const who of [person(), joiner(), person({ workflow: 'update' })])
      expect(decideOwnership(who, NOBODY_ELSE, two)).toEqual({
        kind: 'several',
        vendorUserIds: ['55', '56'],
      });
    const told = [account(), account({ vendorUserId: '56', externalId: 'E-1' })];
    expect(decideOwnership(person(), NOBODY_ELSE, told)).toEqual({
      kind: 'adopt',
      account: told[1],
      alsoOpen: [told[0]],
    });
  });

  it('an id that the person had before is theirs, once somebody has said so', () => {
    const moved = joiner({ previousEmployeeIds: ['C-9'] });
    const known = others({ '55': 'C-9' }, { [ANN]: ['C-9', 'E-1'] });
    expect(decideOwnership(moved, known, [account({ isOpen: false, externalId: 'C-9' })])).toMatchObject({
      kind: 'theirs',
    });
    expect(decideOwnership(joiner(), known, [account({ isOpen: false })])).toMatchObject({
      kind: 'somebody_elses',
    });
  });

  it('an account that is listed twice is one', () => {
    expect(decideOwnership(person(), NOBODY_ELSE, [account(), account()])).toMatchObject({ kind: 'adopt' });
  });
});

describe('a stop', () => {
  const decide = (who: KnownPerson, known: KnownOthers, candidates: Candidate[]) =>
    accountsOrStop('pipedrive', who, decideOwnership(who, known, candidates));

  it('names ids and what to do, and no address and no name', () => {
    const known = others({ '55': '0007' });
    const leaver = stranger({ employeeId: '7' });
    expect(() => decide(leaver, known, [account({ name: 'Ann Lee' })])).toThrow(
      expect.objectContaining({
        name: 'IdentityConflictError',
        app: 'pipedrive',
        vendorUserId: '55',
        ownerId: '0007',
        reason: 'recorded_for_another',
        message: expect.stringMatching(
          /^(?!.*(@|Ann)).* account 55 .* employee 0007\..*previousEmployeeId.*npm start -- takeover 0007 7\b/,
        ),
      }),
    );
    expect(() => decide(joiner(), NOBODY_ELSE, [account({ name: 'Bo Lind' })])).toThrow(
      /^(?!.*(@|Bo)).*previousEmployeeId.*takeover OLD E-1\)/,
    );
  });

  it('of several is an AmbiguousUserError; nothing else throws', () => {
    const two = [account(), account({ vendorUserId: '56' })];
    expect(() => decide(person(), NOBODY_ELSE, two)).toThrow(
      expect.objectContaining({ name: 'AmbiguousUserError' }),
    );
    expect(decide(person(), NOBODY_ELSE, [])).toBeNull();
    expect(decide(person(), NOBODY_ELSE, [account()])).toEqual({ account: account(), alsoOpen: [] });
  });
});

it('whatever is known, nobody gets an account that is recorded for somebody else', () => {
  const id = fc.constantFrom('1', '2', '3');
  const address = fc.constantFrom(ANN, BO, 'zoe@northlight.example');
  const employee = fc.constantFrom('E-1', 'E-2', 'E-3');
  const candidate = fc.record({
    vendorUserId: id,
    address: fc.option(address),
    externalId: fc.option(employee),
    name: fc.option(fc.constantFrom('Ann Lee', 'Bo Lind', '')),
    isOpen: fc.boolean(),
  });
  const known = fc.record({
    owners: fc.uniqueArray(fc.tuple(id, employee), { selector: ([key]) => key }),
    holders: fc.uniqueArray(fc.tuple(address, fc.uniqueArray(employee)), { selector: ([key]) => key }),
  });
  const who = fc.record({
    workflow: fc.constantFrom('hire' as const, 'leave' as const, 'update' as const),
    recordedIds: fc.uniqueArray(id, { maxLength: 1 }),
    addresses: fc.uniqueArray(address, { minLength: 1, maxLength: 2 }),
    earlierAddresses: fc.uniqueArray(address),
  });
  fc.assert(
    fc.property(
      who,
      known,
      fc.array(candidate, { maxLength: 4 }),
      (facts, { owners, holders }, candidates) => {
        const ownership = decideOwnership(
          person(facts),
          { owners: new Map(owners), employeesByAddress: new Map(holders), formerHolders: new Map() },
          candidates,
        );
        if (ownership.kind !== 'theirs' && ownership.kind !== 'adopt') return;
        const given = [ownership.account, ...ownership.alsoOpen];
        for (const { vendorUserId, externalId } of given) {
          expect(new Map(owners).get(vendorUserId) ?? 'E-1').toBe('E-1');
          if (!facts.recordedIds.includes(vendorUserId) && !new Map(owners).has(vendorUserId))
            expect(externalId ?? 'E-1').toBe('E-1');
        }
        expect(ownership.alsoOpen.every(({ isOpen }) => isOpen)).toBe(true);
        expect(new Set(given.map(({ vendorUserId }) => vendorUserId)).size).toBe(given.length);
      },
    ),
    { seed: 12, numRuns: 2_000 },
  );
});
