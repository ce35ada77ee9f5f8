import * as z from 'zod/mini';
import type { DescribedContact, SavedContact, WantedContact } from '../contacts/contact-client.ts';
import { sameEmail } from '../shared/email.ts';
import { VendorUnconfirmedError } from '../shared/errors.ts';
import type { Sleep } from '../shared/sleep.ts';
import { enriching } from '../vendor/enriching.ts';
import { CONFIRM_DELAYS_MS, mayHaveBeenApplied } from '../vendor/ensure.ts';
import type { VendorHttp } from '../vendor/http.ts';
import { sameText } from '../vendor/same-text.ts';

const DescribedContactAnswer: z.ZodMiniType<DescribedContact> = z.object({
  id: z.int(),
  email: z.optional(z.nullable(z.string())),
  attributes: z.pipe(
    z.optional(z.nullable(z.record(z.string(), z.unknown()))),
    z.transform((attributes) => attributes ?? {}),
  ),
  createdAt: enriching('createdAt', z.optional(z.nullable(z.number())), undefined),
  updatedAt: enriching('updatedAt', z.optional(z.nullable(z.number())), undefined),
});

const ContactAnswer = z.object({ data: DescribedContactAnswer });
const CreatedContact = z.object({ data: z.object({ id: z.int() }) });

// The most time that Drift needs to write one contact.
const ONE_WRITE_MS = 1_000;
// The most by which our clock and Drift's may differ.
const CLOCKS_APART_MS = 600_000;

/** The calls about contacts. Besides what is named at a method, all throw the errors of `VendorHttp`. */
export function driftContacts(http: VendorHttp, { sleep, now }: { sleep: Sleep; now: () => number }) {
  const readContact = async (contactId: number): Promise<DescribedContact | null> => {
    // https://devdocs.drift.com/docs/retrieving-contact
    const answer = await http.requestIfExists({
      operation: 'readContact',
      method: 'GET',
      path: `/contacts/${contactId}`,
      answer: ContactAnswer,
    });
    return answer?.data ?? null;
  };

  const findByEmail = async (email: string): Promise<DescribedContact | null> => {
    // https://devdocs.drift.com/docs/retrieving-contact
    const answer = await http.requestIfExists({
      operation: 'findContact',
      method: 'GET',
      path: '/contacts/by_email',
      query: { email },
      answer: ContactAnswer,
    });
    const contact = answer?.data ?? null;
    return contact !== null && sameEmail(contact.email || email, email) ? contact : null;
  };

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
    updateContact: async (contact: DescribedContact, wanted: WantedContact): Promise<SavedContact> => {
      const changes = changesFor(contact, wanted);
      const contactId = contact.id;
      if (isNothing(changes))
        return { contactId, outcome: 'unchanged', dropped: [], altered: [], isCertain: false };
      // Changes only what it is given: https://devdocs.drift.com/docs/updating-a-contact
      const write = http.request({
        operation: 'updateContact',
        method: 'PATCH',
        path: `/contacts/${contactId}`,
        body: changes,
        answer: z.unknown(),
      });
      const lost = await write.then(() => null, lostAnswer);
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
    },

    /**
     * Creates a contact, and reads it back. When a contact that Drift did not find has the address, Drift changes that
     * one without saying so; the outcome is `updated` then.
     *
     * @throws VendorUnconfirmedError when the contact does not show what was written.
     */
    createContact: async ({ email, attributes }: WantedContact): Promise<SavedContact> => {
      // https://devdocs.drift.com/docs/creating-a-contact
      const write = http.request({
        operation: 'createContact',
        method: 'POST',
        path: '/contacts',
        body: { email, attributes },
        answer: CreatedContact,
      });
      const contactId = await write.then(
        ({ data }) => data.id,
        async (error: unknown) => {
          const lost = lostAnswer(error);
          const found = await findByEmail(email).catch(() => null);
          if (found === null) throw lost;
          return found.id;
        },
      );
      const { after, dropped, altered, isCertain } = await confirm(contactId, { email, attributes }, null);
      return { contactId, outcome: isNew(after, now()) ? 'created' : 'updated', dropped, altered, isCertain };
    },
  };
}

type Changes = { email?: string; attributes: WantedContact['attributes'] };

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
