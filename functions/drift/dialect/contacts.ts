import type { DescribedContact, WantedContact } from '../../contacts/contact-client.ts';

/** What of a contact is written; what is left out stays. */
export type Changes = { email?: string; attributes: WantedContact['attributes'] };

/** The calls about contacts in one of Drift's dialects, with their parsers. */
export type ContactCalls = {
  read(contactId: number): Promise<DescribedContact | null>;
  findByEmail(email: string): Promise<DescribedContact | null>;
  update(contactId: number, changes: Changes): Promise<unknown>;
  /** Returns the id. In the guide's dialect a known address is no error: its contact is changed. */
  create(wanted: WantedContact): Promise<number>;
  /** Whether a known address is refused. */
  refusesKnown: boolean;
};
