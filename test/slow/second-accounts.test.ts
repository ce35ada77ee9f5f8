import {
  describeOnlyAccounts,
  describeSecondAccounts,
  describeSecondInvitations,
  FIRSTS,
  useVendors,
} from '../vendor/second-accounts.ts';

useVendors();

const every = <T>(_: number, all: readonly T[]) => all;
describeSecondAccounts(() => FIRSTS, every);
describeSecondInvitations(() => FIRSTS, every);
describeOnlyAccounts(every);
