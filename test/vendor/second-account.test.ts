import { describe, expect, it } from 'vitest';
import { findAccount } from '../../functions/vendor/find-account.ts';
import type { ClientOptions } from '../../functions/vendor/http.ts';
import { optionsFor } from '../contract-subject.ts';
import { SIMULATED_PEOPLE, SUBJECTS } from '../contract-subjects.ts';
import {
  DIALECTS,
  describeOnlyAccounts,
  describeSecondAccounts,
  describeSecondInvitations,
  FIRSTS,
  personIn,
  useVendors,
  vendors,
} from './second-accounts.ts';

useVendors();

// Some of each in turn; test/slow/second-accounts.test.ts has all of them.
const inTurn = <T>(turn: number, all: readonly T[]) => all.filter((_, index) => index === turn % all.length);
const everyThird = <T>(turn: number, all: readonly T[]) => all.filter((_, index) => index % 3 === turn % 3);
describeSecondAccounts((turn) => inTurn(turn, FIRSTS), everyThird);
describeSecondInvitations((turn) => inTurn(turn, FIRSTS), everyThird);
describeOnlyAccounts(everyThird);

// In Drift's live dialect, whoever was shut is gone.
describe.each(DIALECTS.filter(({ app, dialect }) => app !== 'drift' || dialect !== 'live'))(
  '$app, asked in the dialect $dialect, whose lists show nobody who is shut:',
  ({ app, dialect }) => {
    it('a leaver who is brought back is found by the recorded id', async () => {
      const { name, email, find } = personIn(app, dialect, withoutShut);
      SIMULATED_PEOPLE[app].plant(vendors, { name, email, isOpen: false });
      const [theirs] = SIMULATED_PEOPLE[app].accounts(vendors).filter((one) => one.name === name);
      const [first, second] = theirs?.ids ?? [];
      const isLiveDrata = app === 'drata' && dialect === 'live';
      const vendorUserId = (isLiveDrata ? second : first) ?? '';
      const more = app === 'drift' ? { otherIds: { drift: `scim:${second}` } } : {};
      expect(await find('onboarding', vendorUserId, { reinstates: true, ...more })).toMatchObject({
        ...{ status: 'found', account: { vendorUserId } },
      });
      SIMULATED_PEOPLE[app].forget(vendors, (one) => one === name);
    });
  },
);

/** Client options that read lists without whoever is shut, and without how many there are. */
function withoutShut({ rest, scim, ...options }: ClientOptions): ClientOptions {
  const isShut = (item: Record<string, unknown>) =>
    [item.active_flag, item.isActive, item.active].includes(false) ||
    /^FORMER/.test(String(item.employmentStatus)) ||
    typeof item.deactivated_at === 'string';
  const hiding: typeof fetch = async (...request) => {
    const response = await fetch(...request);
    const shown = JSON.parse((await response.text()) || 'null', (name, value) => {
      if (/^total/i.test(name)) return undefined;
      return Array.isArray(value) ? value.filter((item) => !isShut(Object(item))) : value;
    });
    return new Response(JSON.stringify(shown), response);
  };
  return { ...options, rest: { ...rest, fetch: hiding }, scim: { ...scim, fetch: hiding } };
}

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
        owners: {
          findOwner: async () => null,
          findByAddress: async () => [`E-${number}`],
          findFormerHolders: async () => [],
        },
        search: (wanted) => {
          if (wanted.isThorough || wanted.isNew) vendors[app].inject({ status: 403 });
          return SUBJECTS[app]
            .search(optionsFor(vendors[app]))(wanted)
            .finally(() => vendors[app].heal());
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
