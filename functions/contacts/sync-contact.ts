import type { DriftClient } from '../drift/client.ts';
import type { SavedContact } from '../drift/contacts.ts';
import type { ContactResult } from '../shared/contact-result.ts';
import type { ContactMapping, ContactStore } from '../shared/contact-store.ts';
import { VendorRejectedError, VendorUnconfirmedError } from '../shared/errors.ts';
import { describeIssues } from '../shared/issues.ts';
import { Contact, CrmId } from './contact.ts';
import type { SourceRow } from './source.ts';

export type ContactSync = {
  client: Pick<DriftClient, 'findContact' | 'updateContact' | 'createContact'>;
  store: ContactStore;
  /** The execution's name. */
  run: string;
  /** Attributes that are known not to be declared in Drift, so that they are not sent again; rows add to it. */
  undeclared: Set<string>;
};

// As many as travel with the state machine's state; those beyond are sent again by every row.
const MOST_UNDECLARED = 100;

/**
 * Brings one row to Drift. Whatever is wrong with the row is its result; what is wrong with Drift or the tables is
 * thrown. A row of this run that is done already gives the same result again.
 *
 * @throws the errors of `VendorHttp` besides VendorRejectedError, and those of the store.
 */
export async function syncRow(sync: ContactSync, row: SourceRow): Promise<ContactResult> {
  const crmId = crmIdOf(row.value);
  const failed = (note: string): ContactResult => ({
    row: row.number,
    crmId,
    outcome: 'failed',
    contactId: null,
    note,
  });
  if (row.problem !== null) return failed(`The row ${row.problem}.`);
  const contact = Contact.safeParse(row.value);
  if (!contact.success) return failed(`${describeIssues(contact.error).join('; ')}.`);
  try {
    return await syncContact(sync, row.number, contact.data);
  } catch (error) {
    const isOfTheRow = error instanceof VendorRejectedError || error instanceof VendorUnconfirmedError;
    if (!isOfTheRow) throw error;
    return failed(error.message);
  }
}

async function syncContact(sync: ContactSync, row: number, contact: Contact): Promise<ContactResult> {
  const { client, store, run } = sync;
  const { crmId, email } = contact;
  const before = await store.find(crmId);
  const result = (outcome: ContactResult['outcome'], contactId: number | null, notes: string[]) => ({
    row,
    crmId,
    outcome,
    contactId,
    note: notes.length === 0 ? null : notes.join(' '),
  });
  if (before?.run === run) {
    // A crash came between this row and the end of its part of the file.
    if (before.result.row === row) return before.result;
    return result('failed', before.contactId, [
      `CRM id ${crmId} is also in row ${before.result.row}, which was synced. Leave one of them in the file.`,
    ]);
  }

  const wanted = { email, attributes: declaredOnly(sync, contact) };
  const found = await client.findContact(email, before?.contactId ?? null);
  const isOurs = found !== null && found.id === before?.contactId;
  const holder = found === null || isOurs ? null : await store.claim(found.id, crmId);
  if (found !== null && isAnothers(holder, crmId))
    return result('failed', found.id, [conflictNote(found.id, holder)]);

  const saved =
    found === null ? await client.createContact(wanted) : await client.updateContact(found, wanted);
  const owner = found === null ? await store.claim(saved.contactId, crmId) : null;
  if (isAnothers(owner, crmId))
    return result('failed', saved.contactId, [
      `Drift did not find the address, and then wrote the row into a contact that it has. ${conflictNote(saved.contactId, owner)} Sync ${owner} again.`,
    ]);

  learn(sync, saved);
  const dropped = new Set([...undeclaredOf(sync, contact), ...saved.dropped]);
  const isSilentUpsert = found === null && (saved.outcome === 'updated' || owner === crmId);
  const done = result(isSilentUpsert ? 'updated' : saved.outcome, saved.contactId, [
    ...(isSilentUpsert ? ['Drift did not find the address, and then changed a contact that it had.'] : []),
    ...[...dropped].map((name) => `Attribute ${name} is not declared in Drift, which dropped it.`),
  ]);
  const mapping: ContactMapping = { contactId: saved.contactId, run, result: done };
  await store.write(crmId, mapping, before);
  return done;
}

function declaredOnly({ undeclared }: ContactSync, { attributes }: Contact): Contact['attributes'] {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => !undeclared.has(name)));
}

function undeclaredOf({ undeclared }: ContactSync, { attributes }: Contact): string[] {
  return Object.keys(attributes).filter((name) => undeclared.has(name));
}

function learn({ undeclared }: ContactSync, { dropped, isCertain }: SavedContact): void {
  if (!isCertain) return;
  for (const name of dropped) if (undeclared.size < MOST_UNDECLARED) undeclared.add(name);
}

function isAnothers(holder: string | null, crmId: string): holder is string {
  return holder !== null && holder !== crmId;
}

function conflictNote(contactId: number, holder: string | null): string {
  return `Drift contact ${contactId} is CRM id ${holder}: two records of the CRM have this address. Merge them there; if ${holder} is gone, delete the items CONTACT#${holder} and CONTACT#drift#${contactId} from the identity table.`;
}

function crmIdOf(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || !('crmId' in value)) return null;
  return CrmId.safeParse(value.crmId).data ?? null;
}
