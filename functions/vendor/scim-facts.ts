import * as z from 'zod/mini';
import type { App } from '../shared/apps.ts';
import { VendorUnconfirmedError } from '../shared/errors.ts';
import { type LeftOver, type StepResult, withLeft } from '../shared/outcome.ts';
import { shownFactsAmong } from '../shared/shown-facts.ts';
import type { Sleep } from '../shared/sleep.ts';
import { ensure, startingWith } from './ensure.ts';
import type { ScimClient, ScimName, ScimUser } from './scim.ts';
import { textOrNothing } from './text-or-nothing.ts';
import {
  type Differing,
  differingFacts,
  factsOf,
  inWords,
  type ToldFacts,
  ToldInput,
  toldName,
  writtenFacts,
} from './told-facts.ts';

/** What HR tells of somebody whose account is written over SCIM; null is what HR does not tell. */
export type ScimTold = { name: ScimName | null; email: string | null };

/** The part of a mover's item that tells what is new, also of what SCIM cannot write. */
export const ScimNews = z.extend(ToldInput, {
  employee: z.extend(ToldInput.shape.employee, {
    title: textOrNothing,
    department: textOrNothing,
    managerEmail: textOrNothing,
  }),
});

/** The facts that SCIM can write. */
export function scimTold(told: z.infer<typeof ToldInput>): ScimTold {
  return { name: toldName(told), email: told.employee.email };
}

/** The facts that SCIM cannot write here, in words. */
export function unwritable({ employee }: z.infer<typeof ScimNews>): string[] {
  const { title, department, managerEmail } = employee;
  return [
    ...(title === null ? [] : ['title']),
    ...(department === null ? [] : ['department']),
    ...(managerEmail === null ? [] : ['manager']),
  ];
}

/** An account as its app shows it. `user` is null where SCIM does not manage it. */
export type ShownAccount = ToldFacts & { user: ScimUser | null };

/** What of HR's facts an account does not show yet. A name that the app shows nowhere does not count as different. */
export function differingFromShown(shown: ToldFacts, { name, email }: ScimTold): Differing {
  const wholeName = name === null || shown.name === null ? null : `${name.firstName} ${name.lastName}`;
  return differingFacts(shown, { name: wholeName, email });
}

/**
 * Brings an account's name and address in line with HR, where the app shows others. What cannot be written is a
 * follow-up.
 *
 * @param goal.read reads the account as the app shows it, where that counts.
 * @param goal.known the account as it was just read.
 * @param goal.subject the account in an error or a follow-up, such as `user 4711`.
 * @throws VendorUnconfirmedError; VendorRejectedError when the address is taken; what `read` throws.
 */
export async function bringInLine(goal: {
  vendor: App;
  title: string;
  operation: string;
  subject: string;
  scim: Pick<ScimClient, 'setFacts'>;
  told: ScimTold;
  known: ShownAccount;
  read: () => Promise<ShownAccount>;
  sleep: Sleep;
}): Promise<StepResult> {
  const { vendor, operation, subject, told, known } = goal;
  const differing = (shown: ShownAccount) => differingFromShown(shown, told);
  const facts = inWords(differing(known));
  if (facts === null) return { status: 'already_done' };
  if (known.user === null)
    return {
      status: 'not_needed',
      followUps: [
        `Change the ${facts} of ${goal.title} ${subject} by hand; the account is not managed through SCIM.`,
      ],
      unwritten: factsOf(differing(known)),
    };
  const { state } = await ensure<ShownAccount>({
    read: startingWith(known, goal.read),
    isDone: (shown) => inWords(differing(shown)) === null,
    isEnough: (shown) => differing(shown).email === undefined,
    write: async (shown) => write(goal.scim, operation, shown, differing(shown), told),
    unconfirmed: () => new VendorUnconfirmedError(vendor, operation, subject),
    sleep: goal.sleep,
  });
  const name = told.name === null ? null : `${told.name.firstName} ${told.name.lastName}`;
  return writtenFacts(
    `${goal.title} ${subject}`,
    { name, email: told.email },
    { before: known, after: state },
  );
}

async function write(
  scim: Pick<ScimClient, 'setFacts'>,
  operation: string,
  { user }: ShownAccount,
  { name, email }: Differing,
  told: ScimTold,
): Promise<void> {
  if (user === null) return;
  await scim.setFacts(operation, user, {
    ...(name === undefined || told.name === null ? {} : { name: told.name }),
    ...(email === undefined ? {} : { email }),
  });
}

/** Two results of one step as one: what either changed, and what is left to do by hand. */
export function inOne(first: StepResult, second: StepResult): StepResult {
  const changes = [...(first.changes ?? []), ...(second.changes ?? [])];
  const both: StepResult = {
    ...first,
    status: second.status === 'changed' && first.status !== 'invited' ? 'changed' : first.status,
    ...(changes.length > 0 ? { changes } : {}),
  };
  return withLeft(both, second);
}

/** What of a mover's news is left to a person, as a follow-up; none when there is nothing. @param others in words */
export function handWork(
  { title, subject, told, known }: { title: string; subject: string; told: ScimTold; known: ShownAccount },
  others: readonly string[],
): LeftOver {
  // A name that the app does not show cannot be confirmed.
  const fields = told.name !== null && known.name === null ? ['name', ...others] : others;
  if (fields.length === 0) return {};
  const list = new Intl.ListFormat('en-GB').format(fields);
  return {
    followUps: [
      `Change the ${list} of ${title} ${subject} by hand, if the app keeps it; it cannot be written and read back from here.`,
    ],
    unwritten: shownFactsAmong(fields),
  };
}
