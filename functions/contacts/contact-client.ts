/** A contact of Drift with its attributes, which are personal. */
export type DescribedContact = {
  id: number;
  ownerId?: number | null | undefined;
  email?: string | null | undefined;
  attributes: Record<string, unknown>;
  /** In epoch milliseconds of Drift's clock, as `updatedAt`. */
  createdAt?: number | null | undefined;
  updatedAt?: number | null | undefined;
};

/** What a contact should be; attributes that are not named stay as they are. */
export type WantedContact = { email: string; attributes: Record<string, string | number | boolean> };

export type SavedContact = {
  contactId: number;
  outcome: 'created' | 'updated' | 'unchanged';
  /** Attributes that Drift took without a word and does not show afterwards. */
  dropped: string[];
  /** Whether that says for certain that they are not declared there, rather than not shown yet. */
  isCertain: boolean;
};

/** What the sync asks of Drift; functions/drift/contacts.ts says what each does and throws. */
export type ContactClient = {
  findContact(email: string, storedContactId: number | null): Promise<DescribedContact | null>;
  updateContact(contact: DescribedContact, wanted: WantedContact): Promise<SavedContact>;
  createContact(wanted: WantedContact): Promise<SavedContact>;
};
