import type { DescribedContact, SavedContact, WantedContact } from '../contacts/contact-client.ts';
import { sameEmail } from '../shared/email.ts';
import { VendorRejectedError, VendorUnconfirmedError } from '../shared/errors.ts';
import type { Sleep } from '../shared/sleep.ts';
import type { Dialect } from '../vendor/dialect.ts';
import { CONFIRM_DELAYS_MS, mayHaveBeenApplied } from '../vendor/ensure.ts';
import type { VendorHttp } from '../vendor/http.ts';
import { sameText } from '../vendor/same-text.ts';
import type { Changes } from './dialect/contacts.ts';
import { guideContacts } from './guide/contacts.ts';
import { liveContacts } from './live/contacts.ts';

// The most time that Drift needs to write one contact.
const ONE_WRITE_MS = 1_000;
// The most by which our clock and Drift's may differ.
const CLOCKS_APART_MS = 600_000;

/** What is done with contacts. Besides what is named at a method, all throw the errors of `VendorHttp`. */
export function driftContacts(
  http: VendorHttp,
  { sleep, now, dialect }: { sleep: Sleep; now: () => number; dialect: Dialect },
) {
  const calls = dialect === 'live' ? liveContacts(http) : guideContacts(http);
  const { read: readContact, findByEmail } = calls;

  const isFresh = (after: DescribedContact, written: Changes, before: DescribedContact | null) =>
    before === null ? isNew(after, now()) : shows(after, written, before);

  /** Reads until everything that was written shows, or the read is certainly later than the write. */
  const readBack = async (contactId: number, written: Changes, before: DescribedContact | null) => {
    let last: DescribedContact | null = null;
    for (const delayMs of CONFIRM_DELAYS_MS) {
      if (delayMs > 0) await sleep(delayMs);
      last = await readContact(contactId);
      if (last !== null && (isAsWanted(last, written) || isFresh(last, written, before))) break;
    }
    return last;
  };

  const confirm = async (contactId: number, written: Changes, before: DescribedContact | null) => {
    const after = await readBack(contactId, written, before);
    const missing = after === null ? written : changesFor(after, written);
    const shown = new Map(Object.entries(after?.attributes ?? {}));
    const dropped = Object.keys(missing.attributes).filter((name) => shown.get(name) == null);
    const altered = Object.keys(missing.attributes).filter((name) => shown.get(name) != null);
    const isCertain = after !== null && isFresh(after, written, before);
    // A value that shows in another form after the write is how Drift keeps it.
    const isEnough = altered.length === 0 || (isCertain && altered.every((name) => isText(shown.get(name))));
    if (after === null || missing.email !== undefined || !isEnough)
      throw new VendorUnconfirmedError('drift', 'saveContact', `contact ${contactId}`);
    return { after, dropped, altered, isCertain };
  };

  const updateContact = async (contact: DescribedContact, wanted: WantedContact): Promise<SavedContact> => {
    const changes = changesFor(contact, wanted);
    const contactId = contact.id;
    if (isNothing(changes))
      return { contactId, outcome: 'unchanged', dropped: [], altered: [], isCertain: false };
    const lost = await calls.update(contactId, changes).then(() => null, lostAnswer);
    const { dropped, altered, isCertain } = await confirm(contactId, changes, contact).catch(
      (error: unknown) => {
        throw lost ?? error;
      },
    );
    const isAllDropped =
      changes.email === undefined && dropped.length === Object.keys(changes.attributes).length;
    // Perhaps nothing shows because Drift never received the write.
    if (isAllDropped && lost !== null) throw lost;
    return { contactId, outcome: isAllDropped ? 'unchanged' : 'updated', dropped, altered, isCertain };
  };

  const createContact = async ({ email, attributes }: WantedContact): Promise<SavedContact> => {
    const contactId = await calls.create({ email, attributes }).then(
      (id) => id,
      async (error: unknown) => {
        const lost = lostAnswer(error);
        const found = await findByEmail(email).catch(() => null);
        if (found === null) throw lost;
        return found.id;
      },
    );
    const { after, dropped, altered, isCertain } = await confirm(contactId, { email, attributes }, null);
    return { contactId, outcome: isNew(after, now()) ? 'created' : 'updated', dropped, altered, isCertain };
  };

  return {
    readContact,

    /** By the recorded id first, by exact email second; null when there is none. */
    findContact: async (
      email: string,
      recordedContactId: number | null,
    ): Promise<DescribedContact | null> => {
      const recorded = recordedContactId === null ? null : await readContact(recordedContactId);
      return recorded ?? findByEmail(email);
    },

    /**
     * Writes what differs, and reads the contact back.
     *
     * @throws VendorRejectedError when another contact has the address; VendorUnconfirmedError when the contact still
     *   shows the old values.
     */
    updateContact,

    /**
     * Creates a contact, and reads it back. When a contact that Drift did not find has the address, Drift changes that
     * one without saying so, or refuses, and it is changed then; the outcome is `updated`.
     *
     * @throws VendorUnconfirmedError when the contact does not show what was written.
     */
    createContact: async (wanted: WantedContact): Promise<SavedContact> => {
      try {
        return await createContact(wanted);
      } catch (error) {
        if (!calls.refusesKnown || !(error instanceof VendorRejectedError)) throw error;
        const known = await findByEmail(wanted.email);
        if (known === null) throw error;
        return updateContact(known, wanted);
      }
    },
  };
}

function changesFor(contact: DescribedContact, { email, attributes }: Changes): Changes {
  const differing = Object.entries(attributes).filter(([name, value]) => !has(contact, name, value));
  const changes = { attributes: Object.fromEntries(differing) };
  // When the answer leaves the address out, it counts as the same.
  const isSame = email === undefined || sameEmail(contact.email || email, email);
  return isSame ? changes : { email, ...changes };
}

function has({ attributes }: DescribedContact, name: string, value: string | number | boolean): boolean {
  // Compared as texts: a file of texts must not change a number on every sync.
  return Object.hasOwn(attributes, name) && sameText(String(attributes[name]), String(value));
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function isNothing({ email, attributes }: Changes): boolean {
  return email === undefined && Object.keys(attributes).length === 0;
}

function isAsWanted(contact: DescribedContact, wanted: Changes): boolean {
  return isNothing(changesFor(contact, wanted));
}

/** Whether a read is later than the write: a part of the write shows, or Drift's times say so. */
function shows(after: DescribedContact, written: Changes, before: DescribedContact): boolean {
  const isLater = before.updatedAt != null && after.updatedAt != null && after.updatedAt > before.updatedAt;
  return isLater || Object.entries(written.attributes).some(([name, value]) => has(after, name, value));
}

/** Whether a contact was created by the write just made. */
function isNew({ createdAt, updatedAt }: DescribedContact, now: number): boolean {
  if (createdAt == null) return true;
  // An old contact may not show the write yet, and look as if it had never been changed.
  if (createdAt < now - CLOCKS_APART_MS) return false;
  return updatedAt == null || updatedAt - createdAt <= ONE_WRITE_MS;
}

/** Returns an error after which the write may have been applied; throws any other. */
function lostAnswer(error: unknown): unknown {
  if (!mayHaveBeenApplied(error)) throw error;
  return error;
}
