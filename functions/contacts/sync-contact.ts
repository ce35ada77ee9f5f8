import type { SourceRow } from '../files/source-row.ts';
import { VendorRejectedError, VendorUnconfirmedError } from '../shared/errors.ts';
import { describeIssues } from '../shared/issues.ts';
import type { ContactResult } from '../tables/contact-result.ts';
import type { ContactMapping, ContactStore } from '../tables/contact-store.ts';
import { Contact, CrmId } from './contact.ts';
import type { ContactClient, SavedContact } from './contact-client.ts';

export type ContactSync = {
  client: ContactClient;
  store: ContactStore;
  /** See `ContactMapping`. */
  run: string;
  /** Attributes that are not declared in Drift, so that they are not sent again. Each row may add some. */
  undeclared: Set<string>;
};

/** Something is wrong with the row, not with Drift: only this row fails. */
class RowError extends Error {
  override readonly name = 'RowError';
  readonly contactId: number;

  constructor(contactId: number, message: string) {
    super(message);
    this.contactId = contactId;
  }
}

// So many fit into the state of the state machine; further ones are sent again by every row.
const MOST_UNDECLARED = 100;

/**
 * Writes one row to Drift. A problem of the row is its result; a problem of Drift or the tables is thrown. A row that
 * is done already in this run gives the same result again.
 *
 * @throws the errors of `VendorHttp` except VendorRejectedError; those of the store.
 */
export async function syncRow(sync: ContactSync, row: SourceRow): Promise<ContactResult> {
  if (row.problem !== null) return failedRow(row, `The row ${row.problem}.`);
  const contact = Contact.safeParse(row.value);
  if (!contact.success) return failedRow(row, `${describeIssues(contact.error).join('; ')}.`);
  try {
    return await syncContact(sync, row.number, contact.data);
  } catch (error) {
    if (error instanceof RowError) return failedRow(row, error.message, error.contactId);
    if (error instanceof VendorRejectedError || error instanceof VendorUnconfirmedError)
      return failedRow(row, error.message);
    throw error;
  }
}

const LONGEST_NOTE = 1_000;

/** The result of a row that failed. */
export function failedRow(
  { number, value }: SourceRow,
  note: string,
  contactId: number | null = null,
): ContactResult {
  // A row may have many wrong attributes, and its result has to fit into one line.
  return {
    row: number,
    crmId: crmIdOf(value),
    outcome: 'failed',
    contactId,
    note: note.slice(0, LONGEST_NOTE),
  };
}

async function syncContact(sync: ContactSync, row: number, contact: Contact): Promise<ContactResult> {
  const { store, run } = sync;
  const { crmId } = contact;
  const before = await store.find(crmId);
  if (before?.run === run) return resultOfThisRun(before, row, crmId);

  const saved = await save(sync, contact, before);
  if (saved.isCertain) learn(sync, saved.dropped);
  const { contactId, outcome } = saved;
  const result = { row, crmId, outcome, contactId, note: noteOn(sync, contact, saved) };
  await store.write(crmId, { contactId, run, result }, before);
  return result;
}

/** The result of a row that was done before a crash. @throws RowError */
function resultOfThisRun({ result, contactId }: ContactMapping, row: number, crmId: string): ContactResult {
  if (result.row === row) return result;
  throw new RowError(
    contactId,
    `CRM id ${crmId} is also in row ${result.row}, which was synced. Keep only one of the two rows in the file.`,
  );
}

type Saved = SavedContact & {
  /** Drift did not find the contact, and then changed it instead of creating a new one. */
  isSilentUpsert: boolean;
};

/** @throws RowError when the contact belongs to another CRM id. */
async function save(sync: ContactSync, contact: Contact, before: ContactMapping | null): Promise<Saved> {
  const { client, store } = sync;
  const { crmId, email } = contact;
  const wanted = { email, attributes: declaredOnly(sync, contact) };
  const found = await client.findContact(email, before?.contactId ?? null);
  if (found !== null) {
    // The contact is taken before it is written, so that two CRM ids never overwrite each other.
    const owner = found.id === before?.contactId ? crmId : await store.claim(found.id, crmId);
    if (owner !== null && owner !== crmId) throw new RowError(found.id, describeConflict(found.id, owner));
    return { ...(await client.updateContact(found, wanted)), isSilentUpsert: false };
  }
  const saved = await client.createContact(wanted);
  const owner = await store.claim(saved.contactId, crmId);
  if (owner !== null && owner !== crmId)
    throw new RowError(
      saved.contactId,
      `Drift did not find the address, and then wrote the row into an existing contact. ${describeConflict(saved.contactId, owner)} Sync ${owner} again.`,
    );
  const isSilentUpsert = saved.outcome === 'updated' || owner === crmId;
  return { ...saved, outcome: isSilentUpsert ? 'updated' : saved.outcome, isSilentUpsert };
}

function declaredOnly({ undeclared }: ContactSync, { attributes }: Contact): Contact['attributes'] {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => !undeclared.has(name)));
}

function learn({ undeclared }: ContactSync, dropped: readonly string[]): void {
  for (const name of dropped) if (undeclared.size < MOST_UNDECLARED) undeclared.add(name);
}

function noteOn({ undeclared }: ContactSync, { attributes }: Contact, saved: Saved): string | null {
  const names = Object.keys(attributes);
  const isUndeclared = (name: string) =>
    undeclared.has(name) || (saved.isCertain && saved.dropped.includes(name));
  const notes = [
    ...(saved.isSilentUpsert
      ? ['Drift did not find the address, and then changed an existing contact.']
      : []),
    ...names
      .filter(isUndeclared)
      .map((name) => `Drift dropped attribute ${name}, because it is not declared there.`),
    ...saved.altered.map((name) => `Drift shows attribute ${name} in another form than the file has it.`),
    ...saved.dropped
      .filter((name) => !isUndeclared(name))
      .map((name) => `Drift does not show attribute ${name}; it may not be declared there.`),
  ];
  return notes.length === 0 ? null : notes.join(' ');
}

function describeConflict(contactId: number, owner: string): string {
  return `Drift contact ${contactId} belongs to CRM id ${owner}: two records of the CRM have this address. Merge them in the CRM; if ${owner} is gone, delete the items CONTACT#${owner} and CONTACT#drift#${contactId} from the identity table.`;
}

function crmIdOf(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || !('crmId' in value)) return null;
  return CrmId.safeParse(value.crmId).data ?? null;
}
