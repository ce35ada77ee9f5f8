import type { VendorCall } from '../../shared/errors.ts';
import type { AccountSearch } from '../../vendor/find-account.ts';

/** A personnel record, as far as its dialect shows it; null is what it does not show. */
export type Personnel = {
  id: string;
  /** By which controls name their owner, where that is another id than the record's. */
  userId?: string | null;
  email: string | null;
  firstName: string | null;
  lastName: string | null;
  title: string | null;
  department: string | null;
  employmentType: string | null;
  startDate: string | null;
  /** Undefined where it cannot be read: no day is confirmed by that. */
  endDate: string | null | undefined;
  isActive: boolean | null;
  managerId: string | null;
  externalId: string | null;
  role?: string | null | undefined;
  complianceStatus: string | null;
  // The guide does not say what is in it, and nothing here depends on that.
  trainingStatus?: unknown;
  /** In the live dialect, what `isActive` was read from. */
  employmentStatus?: string | null;
  /** In the live dialect, what Drata has computed, check by check. */
  checks?: readonly { type: string; status: string }[];
};

/** What HR says about a person and Drata keeps in a field of its own. */
export const HR_FIELDS = [
  'email',
  'firstName',
  'lastName',
  'title',
  'department',
  'employmentType',
  'startDate',
  'externalId',
  'managerId',
] as const;
export type HrField = (typeof HR_FIELDS)[number];

/** Some of a record's fields, with new values. */
export type PersonnelChanges = Record<string, unknown>;

/** A control, and by which ids its owners are named. */
export type Control = {
  id: string;
  /** Of which it is, where there are several. */
  workspaceId?: string;
  name: string | null;
  ownerIds: readonly string[];
};

/** The calls about the owners of one control, whose ids are those that `Control` has. */
export type ControlOwners = {
  /** Null for a control that is gone. */
  read(operation: string, control: ControlId): Promise<string[] | null>;
  /** Replaces all owners. Returns null when the control is gone. */
  write(operation: string, control: ControlId, ownerIds: readonly string[]): Promise<unknown>;
};
export type ControlId = Pick<Control, 'id' | 'workspaceId'>;

/** What Drata asks of a new employee, in the guide's words. */
export type Tasks = {
  trainings: readonly { name: string | null; status: string | null }[];
  backgroundChecks: readonly { status: string | null; completedAt: string | null }[];
};

/** One page of a walk that may stop after any page and go on in another process; `next` is the position to ask for next. */
export type PersonnelPage = { data: Personnel[]; total: number | undefined; next: string | null };

/**
 * The calls of Drata's API in one of its dialects, with their parsers. Records that are inactive are shown too.
 * `operation` is the client's method, for messages.
 */
export type DrataCalls = {
  /** @throws VendorRejectedError when there is no such record. */
  read(operation: string, id: string): Promise<Personnel>;
  readIfExists(operation: string, id: string): Promise<Personnel | null>;
  /** All records with this address. */
  withAddress(operation: string, address: string): Promise<Personnel[]>;
  /** The recorded record and all that have one of the addresses. */
  search(operation: string, search: AccountSearch): Promise<Personnel[]>;
  /** The position of the first page. */
  firstPosition: string;
  /** @throws VendorResponseError when a page begins like the one before it, or the pages end before the total. */
  listAt(operation: string, position: string): Promise<PersonnelPage>;

  /** Which of HR's fields can be written. */
  writes: ReadonlySet<HrField>;
  /** Whether an end date can be taken away again. */
  clearsEndDate: boolean;
  write(operation: string, personnel: Personnel, changes: PersonnelChanges): Promise<void>;
  /** What a person has to know after `write` has opened or ended a record. */
  afterStatusWrite(id: string): string[];
  /** Null where records come from the identity provider or the HR system only. */
  create: ((fields: PersonnelChanges) => Promise<{ id: string }>) | null;

  listControls(operation: string): Promise<Control[]>;
  /** Null where a control's owners cannot be written. */
  controlOwners: ControlOwners | null;
  /** By the id that controls have of an owner, the id of the owner's record. */
  recordsOfOwners(operation: string): Promise<(ownerId: string) => string | null>;
  readTasks(operation: string, personnel: Personnel): Promise<Tasks>;
};

/** The call that lists a collection, for messages. */
export function pagesOf(operation: string, path: string): VendorCall {
  return { vendor: 'drata', operation, method: 'GET', path };
}
