import * as z from 'zod/mini';
import type { DescribedContact } from '../../contacts/contact-client.ts';
import { sameEmail } from '../../shared/email.ts';
import { VendorAuthError } from '../../shared/errors.ts';
import { enriching } from '../../vendor/enriching.ts';
import type { VendorHttp } from '../../vendor/http.ts';
import { NumberId } from '../../vendor/ids.ts';
import type { ContactCalls } from '../dialect/contacts.ts';

const DescribedContactAnswer: z.ZodMiniType<DescribedContact> = z.object({
  id: NumberId,
  email: z.optional(z.nullable(z.string())),
  attributes: z.pipe(
    z.optional(z.nullable(z.record(z.string(), z.unknown()))),
    z.transform((attributes) => attributes ?? {}),
  ),
  createdAt: enriching('createdAt', z.optional(z.nullable(z.number())), undefined),
  updatedAt: enriching('updatedAt', z.optional(z.nullable(z.number())), undefined),
});

const ContactAnswer = z.object({ data: DescribedContactAnswer });
const CreatedContact = z.object({ data: z.object({ id: NumberId }) });

/** Contacts as Drift's guide describes them. */
export function guideContacts(http: VendorHttp): ContactCalls {
  let asked: Promise<unknown> | undefined;
  /**
   * Asks once what shows the dialect. A contact that is not found does not: today's API takes `by_email` for an id, and
   * would create contacts without an address.
   */
  const assertDialect = async (): Promise<void> => {
    // https://devdocs.drift.com/docs/listing-users
    asked ??= http
      .request({ operation: 'createContact', method: 'GET', path: '/users', answer: z.unknown() })
      .catch((error: unknown) => {
        // A token that may not read users tells nothing.
        if (!(error instanceof VendorAuthError)) throw error;
      });
    await asked.catch((error: unknown) => {
      asked = undefined;
      throw error;
    });
  };

  return {
    refusesKnown: false,
    read: async (contactId) => {
      // https://devdocs.drift.com/docs/retrieving-contact
      const answer = await http.requestIfExists({
        operation: 'readContact',
        method: 'GET',
        path: `/contacts/${contactId}`,
        answer: ContactAnswer,
      });
      return answer?.data ?? null;
    },
    findByEmail: async (email) => {
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
    },
    update: (contactId, changes) =>
      // Changes only what it is given: https://devdocs.drift.com/docs/updating-a-contact
      http.request({
        operation: 'updateContact',
        method: 'PATCH',
        path: `/contacts/${contactId}`,
        body: changes,
        answer: z.unknown(),
      }),
    create: async ({ email, attributes }) => {
      await assertDialect();
      // https://devdocs.drift.com/docs/creating-a-contact
      const { data } = await http.request({
        operation: 'createContact',
        method: 'POST',
        path: '/contacts',
        body: { email, attributes },
        answer: CreatedContact,
      });
      return data.id;
    },
  };
}
