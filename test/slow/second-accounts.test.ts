import { describeSecondAccounts, FIRSTS, useVendors } from '../vendor/second-accounts.ts';

useVendors();

describeSecondAccounts(() => FIRSTS);
