import { fileStoreFromEnvironment } from '../files/files.ts';
import { writeRowFiles } from '../files/row-files.ts';
import { InvalidInputError } from '../shared/errors.ts';
import { identityStoreFromEnvironment } from '../tables/identity-store.ts';
import { rosterStoreFromEnvironment } from '../tables/roster-store.ts';
import { stagedPagesFromEnvironment, type Walk } from '../tables/staged-pages.ts';
import { linkAccounts } from './link-accounts.ts';
import { readPeople } from './people-file.ts';
import type { PeopleSource } from './source.ts';
import type { LinkCounts, LinkedApp, LinkRow } from './summary.ts';

const FILE_COLUMNS = ['app', 'status', 'employeeId', 'name', 'email', 'vendorUserId', 'detail'] as const;

/**
 * Links the accounts that a walk has staged to the people of a file, and writes who has which into files.
 *
 * @param startedAt when the import began, as an ISO instant.
 * @throws InvalidInputError when the file has changed since it was checked; the stores' errors.
 */
export async function linkWalk(walk: Walk, people: PeopleSource, startedAt: string): Promise<LinkedApp> {
  const { app, run } = walk;
  const { file, version, columns, dates, plan } = people;
  const files = fileStoreFromEnvironment();
  if ((await files.version(file)) !== version)
    throw new InvalidInputError(`The file ${file} was changed meanwhile. Start the import again.`);
  const accounts = [];
  for await (const page of stagedPagesFromEnvironment().readAll(walk)) accounts.push(...page.accounts);
  const rows = await linkAccounts({
    ...{ app, accounts, plan, execution: run, at: new Date().toISOString() },
    people: await readPeople(files, file, { columns, dates }, startedAt.slice(0, 10)),
    store: identityStoreFromEnvironment(),
    roster: rosterStoreFromEnvironment(),
  });
  const written = await writeRowFiles(files, `people-import/${run}-${app}`, FILE_COLUMNS, () => each(rows));
  return { accounts: accounts.length, counts: countsOf(rows), files: written };
}

async function* each(rows: readonly LinkRow[]): AsyncIterable<LinkRow> {
  yield* rows;
}

function countsOf(rows: readonly LinkRow[]): LinkCounts {
  const counts = { linked: 0, known: 0, closed: 0, lacks: 0, in_doubt: 0, nobodys: 0 };
  for (const { status } of rows) counts[status] += 1;
  return counts;
}
