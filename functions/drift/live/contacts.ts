import * as z from 'zod/mini';
import type { DescribedContact } from '../../contacts/contact-client.ts';
import { sameEmail } from '../../shared/email.ts';
import { enriching } from '../../vendor/enriching.ts';
import type { VendorHttp } from '../../vendor/http.ts';
import { NumberId } from '../../vendor/ids.ts';
import { collect, type Page, walk } from '../../vendor/paging.ts';
import { pagesOf } from '../dialect/calls.ts';
import type { ContactCalls } from '../dialect/contacts.ts';

const Contact = z.object({
  id: NumberId,
  attributes: z.record(z.string(), z.unknown()),
  createdAt: enriching('createdAt', z.optional(z.nullable(z.number())), undefined),
});

/** Contacts as Drift answers today, where the address is one of the attributes. */
export function liveContacts(http: VendorHttp): ContactCalls {
  return {
    refusesKnown: true,
    read: async (contactId) => {
      // https://devdocs.drift.com/docs/retrieving-contact
      const answer = await http.requestIfExists({
        operation: 'readContact',
        method: 'GET',
        path: `/contacts/${contactId}`,
        answer: z.object({ data: Contact }),
      });
      return answer === null ? null : described(answer.data);
    },
    findByEmail: async (email) => {
      const fetchPage = async (position: string): Promise<Page<DescribedContact, string>> => {
        // https://devdocs.drift.com/docs/retrieving-contact
        const { answer, next } = await http.requestPage({
          operation: 'findContact',
          method: 'GET',
          path: '/contacts',
          query: { email, ...Object.fromEntries(new URLSearchParams(position)) },
          answer: z.object({ data: z.array(Contact) }),
        });
        return { items: answer.data.map(described), next: next?.searchParams.toString() ?? null };
      };
      const listed = await collect(walk(pagesOf('findContact', '/contacts'), '', fetchPage));
      // Several may have the address. The oldest is taken, so that it is the same one every time.
      const [oldest = null] = listed
        .filter((contact) => sameEmail(contact.email ?? '', email))
        .toSorted((one, other) => (one.createdAt ?? 0) - (other.createdAt ?? 0) || one.id - other.id);
      return oldest;
    },
    update: (contactId, { email, attributes }) =>
      // Changes only what it is given: https://devdocs.drift.com/docs/updating-a-contact
      http.request({
        operation: 'updateContact',
        method: 'PATCH',
        path: `/contacts/${contactId}`,
        body: { attributes: { ...attributes, ...(email === undefined ? {} : { email }) } },
        answer: z.unknown(),
      }),
    create: async ({ email, attributes }) => {
      // https://devdocs.drift.com/docs/creating-a-contact
      const { data } = await http.request({
        operation: 'createContact',
        method: 'POST',
        path: '/contacts',
        body: { attributes: { ...attributes, email } },
        answer: z.object({ data: z.object({ id: NumberId }) }),
      });
      return data.id;
    },
  };
}

function described({ id, attributes: { email, ...attributes }, createdAt }: z.infer<typeof Contact>) {
  return { id, email: typeof email === 'string' ? email : null, attributes, createdAt };
}
