/** A contact of Drift with its attributes, which are personal data. */
export type DescribedContact = {
  id: number;
  email?: string | null | undefined;
  attributes: Record<string, unknown>;
  /** In epoch milliseconds of Drift's clock, as `updatedAt`. */
  createdAt?: number | null | undefined;
  updatedAt?: number | null | undefined;
};

/** How a contact should be. Attributes that are not named stay as they are. */
export type WantedContact = { email: string; attributes: Record<string, string | number | boolean> };

export type SavedContact = {
  contactId: number;
  outcome: 'created' | 'updated' | 'unchanged';
  /** Attributes that Drift accepted and does not show afterwards. */
  dropped: string[];
  /** Texts that Drift keeps in another form than the one sent, such as cut. */
  altered: string[];
  /** Whether the dropped attributes are certainly not declared in Drift, rather than not shown yet. */
  isCertain: boolean;
};

/** The calls to Drift that the sync makes; functions/drift/contacts.ts describes them. */
export type ContactClient = {
  findContact(email: string, recordedContactId: number | null): Promise<DescribedContact | null>;
  updateContact(contact: DescribedContact, wanted: WantedContact): Promise<SavedContact>;
  createContact(wanted: WantedContact): Promise<SavedContact>;
};
