import { describe, expect, it } from 'vitest';
import { findAccount } from '../../functions/vendor/find-account.ts';
import { optionsFor } from '../contract-subject.ts';
import { SIMULATED_PEOPLE } from '../runs/simulated-people.ts';
import {
  describeOnlyAccounts,
  describeSecondAccounts,
  describeSecondInvitations,
  FIRSTS,
  SEARCH,
  useVendors,
  vendors,
} from './second-accounts.ts';

useVendors();

// One of each for each spelling; test/slow/second-accounts.test.ts has all of them.
const inTurn = <T>(turn: number, all: readonly T[]) => all.filter((_, index) => index === turn % all.length);
describeSecondAccounts((turn) => inTurn(turn, FIRSTS));
describeSecondInvitations((turn) => inTurn(turn, FIRSTS));
describeOnlyAccounts((_, all) => all);

let number = 0;

describe.each(['pipedrive', 'driftwood'] as const)(
  '%s, which does not give the list of all users:',
  (app) => {
    const search = (isOpen: boolean) => {
      number += 1;
      const email = `ann.archer${number}@northlight.example`;
      SIMULATED_PEOPLE[app].plant(vendors, { name: `Ann Archer${number}`, email, isOpen });
      return findAccount({
        input: {
          ...{ app, reinstates: false, vendorUserId: null },
          person: {
            ...{ workflow: 'offboarding', employeeId: `E-${number}`, email, profileEmail: email },
            ...{ previousEmployeeIds: [], earlierAddresses: [], contradictedBy: null },
            name: { firstName: 'Ann', lastName: `Archer${number}` },
          },
        },
        owners: { findOwner: async () => null, findByAddress: async () => [`E-${number}`] },
        search: (wanted) => {
          if (wanted.isThorough === true) vendors[app].inject({ status: 403 });
          return SEARCH[app](optionsFor(vendors[app]))(wanted).finally(() => vendors[app].heal());
        },
      });
    };

    it('a leaver whom the search shows is shut, and somebody is asked to look for a second account', async () => {
      expect(await search(true)).toMatchObject({
        status: 'found',
        followUps: [
          expect.stringMatching(`for a second account of employee E-${number}: all users could not be`),
        ],
      });
    });

    it('a leaver whom the search shows as shut already is not taken for gone', async () => {
      await expect(search(false)).rejects.toMatchObject({ name: 'VendorAuthError' });
    });
  },
);
