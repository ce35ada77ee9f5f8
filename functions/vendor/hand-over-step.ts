import * as z from 'zod/mini';
import { journalStoreFromEnvironment } from '../files/files.ts';
import { APPS } from '../shared/apps.ts';
import { Outcome, type StepResult, withStep } from '../shared/outcome.ts';
import { isPlanning } from '../shared/planning.ts';
import {
  assertNotRedriven,
  factsOf,
  type Handler,
  parseAs,
  Redrives,
  RetryCount,
  step,
} from '../shared/step.ts';
import { accountOwnersFromEnvironment } from '../tables/account-owner.ts';
import { fileJournal, type Journal, memoryJournal, Place } from './hand-over-journal.ts';
import { NamedNewOwner, type NewOwner, newOwnerIn } from './new-owner.ts';

type HandOverStep<Client, Account> = {
  /** The state's name; the state that goes on in parts has it too, with `InParts` behind it. */
  name: string;
  client: () => Client;
  account: z.ZodMiniType<Account>;
  /** Hands over all records, or throws HandOverInPartsError. */
  run: (client: Client, account: Account, newOwner: NewOwner | null, journal: Journal) => Promise<StepResult>;
  /** Goes on in parts. */
  goOn: (
    client: Client,
    account: Account,
    newOwner: NewOwner | null,
    journal: Journal,
    from: Place | null,
  ) => Promise<Place | StepResult>;
};

const Item = z.object({
  outcome: z.looseObject({ place: z.optional(z.unknown()) }),
  app: z.enum(APPS),
  ...NamedNewOwner.shape,
  /** The execution's name. */
  execution: z.string(),
  /** When it began: on a laptop, and after 90 days on AWS, another one may have the same name. */
  startedAt: z.string(),
  inParts: z._default(z.boolean(), false),
  RetryCount,
  ...Redrives,
});

/**
 * The handler of a step that hands over one kind of records; see `appStep` in functions/shared/step.ts. Of a hand-over
 * in parts it returns in `place` where to go on, and adds the step to the outcome at the end.
 *
 * @throws InvalidInputError when the input is not of the given form; what `run` and `goOn` throw.
 */
export function handOverStep<Client, Account>(
  definition: HandOverStep<Client, Account>,
): Handler<Outcome & { place: Place | null }> {
  const { name, run, goOn } = definition;
  return step({
    name,
    client: () => ({
      client: definition.client(),
      files: journalStoreFromEnvironment(),
      findOwner: accountOwnersFromEnvironment(),
    }),
    input: Item,
    run: async ({ client, files, findOwner }, item) => {
      assertNotRedriven(name, item);
      const { outcome: given, app, execution, inParts } = item;
      const newOwner = newOwnerIn(app, item, findOwner);
      const startedAt = new Date();
      const outcome = parseAs(name, Outcome, given);
      const account = parseAs(name, definition.account, outcome.account);
      const journal = isPlanning()
        ? memoryJournal()
        : fileJournal(files, `${execution} ${item.startedAt}`, name);
      const result = inParts
        ? await goOn(client, account, newOwner, journal, placeOf(name, given.place))
        : await run(client, account, newOwner, journal);
      if ('stage' in result) return { ...outcome, place: withinTime(result, outcome) };
      return { ...withStep(outcome, name, factsOf(startedAt, item), result), place: null };
    },
  });
}

/** What every step is named that hands over records. */
export const HANDS_OVER = /Reassign/;

/** All kinds of an app's records share the time that an execution has for them. */
function withinTime(place: Place, { steps }: Outcome): Place {
  const begun = steps.flatMap(({ step, startedAt }) =>
    HANDS_OVER.test(step) && startedAt !== undefined ? [Date.parse(startedAt)] : [],
  );
  return { ...place, since: Math.min(place.since, ...begun) };
}

/** The place of another kind of records says nothing about this one. */
function placeOf(step: string, given: unknown): Place | null {
  const { data } = z.safeParse(Place, given);
  return data?.step === step ? data : null;
}
