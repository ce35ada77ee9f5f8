import { fileStoreFromEnvironment } from '../files/files.ts';
import { type IdentityStore, identityStoreFromEnvironment } from '../tables/identity-store.ts';
import { type Person, readPeople } from './people-file.ts';
import type { PeopleInput, PeopleSource } from './source.ts';

/**
 * Checks the whole file, and writes down who works here unless the import only plans. What is known of somebody stays.
 *
 * @param today as an ISO day.
 * @throws InvalidInputError for a file with a fault, of which nothing is used; the stores' errors.
 */
export async function takePeople(
  { file, columns, dates, plan }: PeopleInput,
  today: string,
): Promise<PeopleSource> {
  const files = fileStoreFromEnvironment();
  const store = identityStoreFromEnvironment();
  const version = await files.version(file);
  const people = await readPeople(files, file, { columns, dates }, today);
  if (!plan) for (const person of people) await writeProfile(store, person);
  return { file, version, columns, dates, plan, count: people.length };
}

async function writeProfile(store: IdentityStore, person: Person): Promise<void> {
  const { employeeId, email, firstName, lastName, title, department, managerEmail, timeZone } = person;
  if (email === null || (await store.readProfile(employeeId)) !== null) return;
  if ((await store.findByAddress(email)).some((holder) => holder !== employeeId)) return;
  const facts = { email, firstName, lastName, title, department, managerEmail, timeZone };
  await store.writeProfile(employeeId, { ...facts, startDate: person.startDate ?? '' });
}
