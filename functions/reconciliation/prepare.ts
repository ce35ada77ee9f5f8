import * as z from 'zod/mini';
import { PeopleInput, type PeopleSource } from '../people/source.ts';
import { appsFromEnvironment, CompanysApp } from '../shared/companys-apps.ts';
import { InvalidInputError } from '../shared/errors.ts';
import { ExecutionName } from '../shared/execution-name.ts';
import { step } from '../shared/step.ts';
import { Fixable, MOST_FIXES_VARIABLE } from './fixable.ts';

const USUAL_FIXES = 25;
const MOST_FIXES = 500;

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
  mostFixes: z.optional(z.int().check(z.minimum(1), z.maximum(MOST_FIXES))),
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
    mostFixes: withinSettings(input),
    graph: { status: graph && people === undefined ? 'more' : 'read', after: null, people: 0 },
    people: people === undefined ? null : await checked(people, startedAt),
    run,
    // Instants are compared as texts, so all have this form.
    startedAt: new Date(startedAt).toISOString(),
  }),
});

/** @throws InvalidInputError when more is asked for than the deployment allows */
function withinSettings({
  fix,
  mostFixes,
}: Pick<z.infer<typeof ReconciliationInput>, 'fix' | 'mostFixes'>): number {
  const allowed = Number(process.env[MOST_FIXES_VARIABLE] || MOST_FIXES);
  if (fix.length > 0 && allowed === 0)
    throw new InvalidInputError(
      'fix: this deployment offboards nobody by itself (reconcileMostFixes in cdk.json)',
    );
  if (mostFixes !== undefined && mostFixes > allowed)
    throw new InvalidInputError(
      `mostFixes: this deployment allows ${allowed} at the most (reconcileMostFixes in cdk.json)`,
    );
  return mostFixes ?? Math.min(USUAL_FIXES, allowed);
}

async function checked(people: PeopleInput, startedAt: string): Promise<PeopleSource> {
  // Loaded only now, as most reconciliations do without.
  const { takePeople } = await import('../people/take-people.ts');
  return takePeople(people, startedAt.slice(0, 10));
}
