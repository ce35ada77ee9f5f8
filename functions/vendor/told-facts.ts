import * as z from 'zod/mini';
import { sameEmail } from '../shared/email.ts';
import type { StepResult } from '../shared/outcome.ts';
import type { ShownFact } from '../shared/shown-facts.ts';
import { Person } from './find-account.ts';
import { sameText } from './same-text.ts';
import { textOrNothing } from './text-or-nothing.ts';

/** Somebody's name and address; null is what HR does not tell, or the app does not show. */
export type ToldFacts = { name: string | null; email: string | null };

/** The part of an app's item that tells them. What is not new to anybody may be left out of `employee`. */
export const ToldInput = z.object({
  employee: z.object({ email: textOrNothing, firstName: textOrNothing, lastName: textOrNothing }),
  person: z.pick(Person, { name: true }),
});

/** The facts as an app keeps them that has one field for the whole name. */
export function toldFacts(told: z.infer<typeof ToldInput>): ToldFacts {
  const name = toldName(told);
  return {
    name: name === null ? null : `${name.firstName} ${name.lastName}`,
    email: told.employee.email,
  };
}

/** Both parts of the name; null where one is not known, because half a name would take the other half away. */
export function toldName({
  employee,
  person,
}: z.infer<typeof ToldInput>): { firstName: string; lastName: string } | null {
  if (employee.firstName === null && employee.lastName === null) return null;
  const firstName = employee.firstName ?? person.name?.firstName;
  const lastName = employee.lastName ?? person.name?.lastName;
  return firstName === undefined || lastName === undefined ? null : { firstName, lastName };
}

/** Facts that an app does not show yet, as HR writes them. */
export type Differing = { name?: string; email?: string };

/** What of HR's facts an app does not show yet; empty when nothing differs. */
export function differingFacts(shown: ToldFacts, { name, email }: ToldFacts): Differing {
  return {
    ...(name === null || sameText(shown.name, name) ? {} : { name }),
    ...(email === null || sameEmail(shown.email ?? '', email) ? {} : { email }),
  };
}

/**
 * What a write of facts has come to. An address must have arrived; a name that the app keeps in another form is a
 * follow-up, because writing it again would change nothing.
 *
 * @param account the account in the follow-up, such as `Drift agent 4711`.
 */
export function writtenFacts(
  account: string,
  told: ToldFacts,
  { before, after }: { before: ToldFacts; after: ToldFacts },
): StepResult {
  const wanted = differingFacts(before, told);
  const isKept = differingFacts(after, told).name !== undefined;
  const isSame = isKept && before.name === after.name;
  const { name: _, ...others } = wanted;
  const facts = inWords(isSame ? others : wanted);
  return {
    status: facts === null ? 'not_needed' : 'changed',
    ...(facts === null ? {} : { changes: [{ what: `${facts} changed` }] }),
    ...(isKept ? { followUps: [textFollowUp(account, 'name')], unwritten: ['name'] } : {}),
  };
}

/** What is left to do where an app shows a text in another form than the one that was written. @param fields in words */
export function textFollowUp(account: string, fields: string): string {
  return `Compare the ${fields} of ${account} with HR; it was written, and the app shows it in another form.`;
}

/** Which facts differ. */
export function factsOf({ name, email }: Differing): ShownFact[] {
  return [
    ...(email === undefined ? [] : ['email' as const]),
    ...(name === undefined ? [] : ['name' as const]),
  ];
}

/** Which facts differ, in words; null when none does. */
export function inWords({ name, email }: Differing): string | null {
  if (name === undefined) return email === undefined ? null : 'address';
  return email === undefined ? 'name' : 'name and address';
}
