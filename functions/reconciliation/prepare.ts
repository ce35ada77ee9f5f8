import * as z from 'zod/mini';
import { APPS } from '../shared/apps.ts';
import { ExecutionName } from '../shared/execution-name.ts';
import { step } from '../shared/step.ts';
import { Fixable } from './fixable.ts';

/** What a reconciliation may be asked for; `{}` is all apps, and changes nothing. */
const ReconciliationInput = z.strictObject({
  apps: z._default(
    z.array(z.enum(APPS)).check(
      z.minLength(1),
      z.refine((apps) => new Set(apps).size === apps.length, { error: 'must not name an app twice' }),
    ),
    [...APPS],
  ),
  fix: z._default(z.array(Fixable), []),
  /** More leavers than this are not offboarded without a person: then the roster is wrong rather than the apps. */
  mostFixes: z._default(z.int().check(z.minimum(1), z.maximum(500)), 25),
  /** Whether to read who is connected with what, which is two calls a person in Pipedrive. */
  graph: z._default(z.boolean(), true),
  invitationDays: z._default(z.int().check(z.minimum(0), z.maximum(3650)), 14),
});

/** Checks the input, and fills in what it leaves open. No vendor has been called when it is not usable. */
export const handler = step({
  name: 'ReconciliationPrepare',
  client: () => null,
  input: z.object({ input: ReconciliationInput, run: ExecutionName, startedAt: z.string() }),
  run: async (_, { input: { graph, ...input }, run, startedAt }) => ({
    ...input,
    graph: { status: graph ? 'more' : 'read', after: null, people: 0 },
    run,
    // In one form, because instants are compared as texts.
    startedAt: new Date(startedAt).toISOString(),
  }),
});
