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

// Some of each in turn; test/slow/second-accounts.test.ts has all of them.
const inTurn = <T>(turn: number, all: readonly T[]) => all.filter((_, index) => index === turn % all.length);
describeSecondAccounts((turn) => inTurn(turn, FIRSTS));
describeSecondInvitations((turn) => inTurn(turn, FIRSTS));
describeOnlyAccounts((turn, all) => all.filter((_, index) => index % 3 === turn % 3));

let number = 0;

describe.each(['pipedrive', 'driftwood'] as const)(
  '%s, which does not give the list of all users:',
  (app) => {
    const search = (planted: { isOpen: boolean } | null, workflow: 'onboarding' | 'offboarding') => {
      number += 1;
      const email = `ann.archer${number}@northlight.example`;
      if (planted !== null)
        SIMULATED_PEOPLE[app].plant(vendors, { name: `Ann Archer${number}`, email, ...planted });
      return findAccount({
        input: {
          ...{ app, reinstates: false, vendorUserId: null },
          person: {
            ...{ workflow, employeeId: `E-${number}`, email, profileEmail: email },
            ...{ previousEmployeeIds: [], earlierAddresses: [], contradictedBy: null },
            name: { firstName: 'Ann', lastName: `Archer${number}` },
          },
        },
        owners: { findOwner: async () => null, findByAddress: async () => [`E-${number}`] },
        search: (wanted) => {
          if (wanted.isThorough || wanted.isNew) vendors[app].inject({ status: 403 });
          return SEARCH[app](optionsFor(vendors[app]))(wanted).finally(() => vendors[app].heal());
        },
      });
    };

    const lookFor = () =>
      expect.stringMatching(`for a second account of employee E-${number}: all users could not be`);

    it('a leaver whom the search shows is shut, and somebody is asked to look for a second account', async () => {
      expect(await search({ isOpen: true }, 'offboarding')).toMatchObject({
        status: 'found',
        followUps: [lookFor()],
      });
    });

    it('a joiner comes in, and somebody is asked to look for a second account', async () => {
      const found = await search({ isOpen: true }, 'onboarding');
      expect(found).toMatchObject({ status: 'found', followUps: [lookFor()] });
      const missing = await search(null, 'onboarding');
      expect(missing).toMatchObject({ status: 'not_found', followUps: [lookFor()] });
    });

    it('a leaver whom the search shows as shut already is not taken for gone', async () => {
      await expect(search({ isOpen: false }, 'offboarding')).rejects.toMatchObject({
        name: 'VendorAuthError',
      });
    });
  },
);
