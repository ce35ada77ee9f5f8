import * as z from 'zod/mini';
import { PeopleSource } from '../people/source.ts';
import { step } from '../shared/step.ts';
import { findingStoreFromEnvironment } from '../tables/finding-store.ts';
import { identityStoreFromEnvironment } from '../tables/identity-store.ts';
import { rosterStoreFromEnvironment } from '../tables/roster-store.ts';
import { stagedPagesFromEnvironment, type Walk } from '../tables/staged-pages.ts';
import { compareAccounts } from './compare-accounts.ts';
import { WalkInput } from './walk-accounts.ts';

/** Compares an app's accounts with the roster once all of them are staged, or links them to the people of a file. */
export const handler = step({
  name: 'ReconciliationCompare',
  client: () => ({
    pages: stagedPagesFromEnvironment(),
    roster: rosterStoreFromEnvironment(),
    findings: findingStoreFromEnvironment(),
    followUps: identityStoreFromEnvironment().followUps,
  }),
  input: z.extend(WalkInput, {
    startedAt: z.string(),
    invitationDays: z.int(),
    people: z._default(z.nullable(PeopleSource), null),
  }),
  run: async (stores, { app, run, walk, startedAt, invitationDays, people }) => {
    if (people !== null) return link({ app, run, attempt: walk.attempt }, people, startedAt);
    const compared = await compareAccounts({
      ...stores,
      walk: { app, run, attempt: walk.attempt },
      startedAt,
      rules: { now: Date.now(), invitationDays },
    });
    return { ...compared, linked: null };
  },
});

async function link(walk: Walk, people: PeopleSource, startedAt: string) {
  // Loaded only now, as most reconciliations do without.
  const { linkWalk } = await import('../people/link.ts');
  const linked = await linkWalk(walk, people, startedAt);
  const status = people.plan ? 'would_link' : 'linked';
  const nothing = { findings: null, headCount: null };
  return { status, attempt: walk.attempt, accounts: linked.accounts, ...nothing, linked };
}
