import * as z from 'zod/mini';
import { step } from '../shared/step.ts';
import { findingStoreFromEnvironment } from '../tables/finding-store.ts';
import { rosterStoreFromEnvironment } from '../tables/roster-store.ts';
import { stagedPagesFromEnvironment } from '../tables/staged-pages.ts';
import { compareAccounts } from './compare-accounts.ts';
import { WalkInput } from './walk-accounts.ts';

/** Compares an app's accounts with the roster once all of them are staged. */
export const handler = step({
  name: 'ReconciliationCompare',
  client: () => ({
    pages: stagedPagesFromEnvironment(),
    roster: rosterStoreFromEnvironment(),
    findings: findingStoreFromEnvironment(),
  }),
  input: z.extend(WalkInput, { startedAt: z.string(), invitationDays: z.int() }),
  run: (stores, { app, run, walk, startedAt, invitationDays }) =>
    compareAccounts({
      ...stores,
      walk: { app, run, attempt: walk.attempt },
      startedAt,
      rules: { now: Date.now(), invitationDays },
    }),
});
