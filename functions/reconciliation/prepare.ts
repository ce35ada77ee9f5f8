import * as z from 'zod/mini';
import { PeopleInput, type PeopleSource } from '../people/source.ts';
import { appsFromEnvironment, CompanysApp } from '../shared/companys-apps.ts';
import { ExecutionName } from '../shared/execution-name.ts';
import { step } from '../shared/step.ts';
import { Fixable } from './fixable.ts';

/** What a reconciliation may be asked for; `{}` reads all apps of the company and changes nothing. */
const ReconciliationInput = z.strictObject({
  apps: z._default(
    z.array(CompanysApp).check(
      z.minLength(1),
      z.refine((apps) => new Set(apps).size === apps.length, { error: 'must not name an app twice' }),
    ),
    () => [...appsFromEnvironment()],
  ),
  fix: z._default(z.array(Fixable), []),
  /** When more leavers than this can log in, none is offboarded: the roster is probably wrong, not the apps. */
  mostFixes: z._default(z.int().check(z.minimum(1), z.maximum(500)), 25),
  /** Whether to read the graph, which takes two calls for each person in Pipedrive. */
  graph: z._default(z.boolean(), true),
  invitationDays: z._default(z.int().check(z.minimum(0), z.maximum(3650)), 14),
  /** A file of who works here already: their accounts are linked then, and nothing is compared or changed. */
  people: z.optional(PeopleInput),
});

/** Checks the input and adds the defaults. No vendor is called before. */
export const handler = step({
  name: 'ReconciliationPrepare',
  client: () => null,
  input: z.object({ input: ReconciliationInput, run: ExecutionName, startedAt: z.string() }),
  run: async (_, { input: { graph, people, ...input }, run, startedAt }) => ({
    ...input,
    fix: people === undefined ? input.fix : [],
    graph: { status: graph && people === undefined ? 'more' : 'read', after: null, people: 0 },
    people: people === undefined ? null : await checked(people, startedAt),
    run,
    // Instants are compared as texts, so all have this form.
    startedAt: new Date(startedAt).toISOString(),
  }),
});

async function checked(people: PeopleInput, startedAt: string): Promise<PeopleSource> {
  // Loaded only now, as most reconciliations do without.
  const { takePeople } = await import('../people/take-people.ts');
  return takePeople(people, startedAt.slice(0, 10));
}
