import {
  describeOnlyAccounts,
  describeSecondAccounts,
  describeSecondInvitations,
  FIRSTS,
  useVendors,
} from '../vendor/second-accounts.ts';

useVendors();

describeSecondAccounts(() => FIRSTS);
describeSecondInvitations(() => FIRSTS);
describeOnlyAccounts((_, all) => all);
