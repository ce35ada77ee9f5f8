import * as z from 'zod/mini';
import { InvalidInputError } from '../shared/errors.ts';
import type { StepResult } from '../shared/outcome.ts';
import type { Sleep } from '../shared/sleep.ts';
import { type Collection, type CollectionPage, countByOwner } from '../vendor/account-list.ts';
import { enriching } from '../vendor/enriching.ts';
import { handOver, handOverInParts } from '../vendor/hand-over.ts';
import { type Journal, memoryJournal, type Place } from '../vendor/hand-over-journal.ts';
import type { VendorHttp } from '../vendor/http.ts';
import type { OwnedRecords } from '../vendor/owned-records.ts';
import { envelope, type PipedriveLists, pagesOf } from './answers.ts';
import type { PipedriveUserReads } from './user-reads.ts';

// The owner is an id, or on some records an object that describes the user.
const Owner = z.union([z.int(), z.object({ id: z.int() })]);
const OwnedRecord = z
  .object({
    id: z.int(),
    user_id: z.optional(z.nullable(Owner)),
    owner_id: z.optional(z.nullable(Owner)),
    status: enriching('status', z.optional(z.nullable(z.string())), undefined),
    done: enriching('done', z.optional(z.nullable(z.union([z.boolean(), z.number()]))), undefined),
  })
  .check(
    z.refine((record) => record.user_id !== undefined || record.owner_id !== undefined, {
      path: ['user_id'],
    }),
  );
type OwnedRecord = z.infer<typeof OwnedRecord>;

/** Records that a leaver owns and somebody must take over. */
const RECORDS = {
  deals: {
    what: 'open deals',
    path: '/deals',
    query: { status: 'open' },
    isOpen: (record: OwnedRecord) => (record.status ?? null) === null || record.status === 'open',
  },
  activities: {
    what: 'open activities',
    path: '/activities',
    query: { done: 0 },
    isOpen: (record: OwnedRecord) =>
      (record.done ?? null) === null || record.done === false || record.done === 0,
  },
  contacts: { what: 'contacts', path: '/persons', query: {}, isOpen: () => true },
};

/** The steps about the records of a leaver. */
export function pipedriveRecords(
  http: VendorHttp,
  lists: PipedriveLists,
  users: PipedriveUserReads,
  { sleep, now }: { sleep: Sleep; now: () => number },
) {
  const findNewOwner = async (operation: string, email: string | null, leaverId: string): Promise<number> => {
    if (email === null)
      throw new InvalidInputError(
        `Pipedrive user ${leaverId} may own records, and nobody is named to take them over. Give reassignTo.`,
      );
    const owner = await users.findByEmail(operation, email);
    if (owner === null)
      throw new InvalidInputError(
        'Pipedrive has no user with the address given as reassignTo. Name somebody who has one.',
      );
    const { active_flag } = await users.readUser(operation, String(owner.id));
    if (active_flag === false)
      throw new InvalidInputError(
        `Pipedrive user ${owner.id}, given as reassignTo, is deactivated. Name somebody who is active.`,
      );
    if (String(owner.id) === leaverId)
      throw new InvalidInputError(
        `Pipedrive user ${owner.id}, given as reassignTo, is the leaver. Name somebody else.`,
      );
    return owner.id;
  };

  const recordsOf = (
    kind: keyof typeof RECORDS,
    operation: string,
    leaverId: string,
    newOwnerEmail: string | null,
  ): OwnedRecords => {
    const { what, path, query, isOpen } = RECORDS[kind];
    const isOwned = (record: OwnedRecord) => String(ownerId(record)) === leaverId && isOpen(record);
    return {
      vendor: 'pipedrive',
      what,
      sleep,
      list: pagesOf(operation, path),
      first: '0',
      listPage: async (position) => {
        const list = { operation, path, query: { ...query, user_id: leaverId }, item: OwnedRecord };
        const { items, next } = await lists.readAt(list, position);
        // Filtered once more: a server that ignores the filter must not make us move other people's records.
        return { ids: items.filter(isOwned).map(({ id }) => id), next };
      },
      readOwner: async (id) => {
        // https://developers.pipedrive.com/docs/api/v1/Deals#getDeal, and the same for activities and persons
        const answer = await http.requestIfExists({
          operation,
          method: 'GET',
          path: `${path}/${id}`,
          answer: envelope(OwnedRecord),
        });
        if (answer === null || !isOpen(answer.data)) return 'gone';
        return isOwned(answer.data) ? 'leaver' : 'other';
      },
      findNewOwner: () => findNewOwner(operation, newOwnerEmail, leaverId),
      move: (id, user_id) =>
        http.requestIfExists({
          operation,
          method: 'PATCH',
          path: `${path}/${id}`,
          body: { user_id },
          answer: envelope(z.unknown()),
        }),
    };
  };

  /** The two steps that hand over one kind of records. */
  const handOverOf = (kind: keyof typeof RECORDS, operation: string, step: string) => {
    const parts = (leaverId: string, newOwnerEmail: string | null, journal: Journal) => ({
      records: recordsOf(kind, operation, leaverId, newOwnerEmail),
      ...{ journal, step, now },
    });
    return {
      small: (leaverId: string, newOwnerEmail: string | null, journal = memoryJournal()) =>
        handOver(parts(leaverId, newOwnerEmail, journal)),
      inParts: (leaverId: string, newOwnerEmail: string | null, journal: Journal, from: Place | null) =>
        handOverInParts(parts(leaverId, newOwnerEmail, journal), from),
    };
  };
  const deals = handOverOf('deals', 'reassignDeals', 'PipedriveReassignDeals');
  const activities = handOverOf('activities', 'reassignActivities', 'PipedriveReassignActivities');
  const contacts = handOverOf('contacts', 'reassignContacts', 'PipedriveReassignContacts');

  return {
    /**
     * Looks whether somebody can take over the leaver's records, before anything is written.
     *
     * @throws InvalidInputError when nobody is named, or the one named is unknown, deactivated or the leaver.
     */
    checkNewOwner: async (
      leaver: { email: string; vendorUserId: string | null },
      newOwnerEmail: string | null,
    ): Promise<StepResult> => {
      const [user] = await users.search({
        vendorUserId: leaver.vendorUserId,
        addresses: [leaver.email],
      });
      if (user === undefined) return { status: 'not_needed' };
      await findNewOwner('checkNewOwner', newOwnerEmail, String(user.id));
      return { status: 'found' };
    },

    reassignDeals: deals.small,
    reassignDealsInParts: deals.inParts,
    reassignActivities: activities.small,
    reassignActivitiesInParts: activities.inParts,
    reassignContacts: contacts.small,
    reassignContactsInParts: contacts.inParts,
  };
}

/** The open deals, the open activities and the contacts, counted by owner. */
export function recordCollections(lists: PipedriveLists): Collection[] {
  return Object.values(RECORDS).map(({ what, path, query, isOpen }) => ({
    name: what,
    list: pagesOf('listAccounts', path),
    first: '0',
    fetch: async (position: string): Promise<CollectionPage> => {
      const list = { operation: 'listAccounts', path, query, item: OwnedRecord };
      const { items, next } = await lists.readAt(list, position);
      return { owned: countByOwner(what, items.filter(isOpen).map(ownerId)), next };
    },
  }));
}

function ownerId({ user_id, owner_id }: OwnedRecord): number | undefined {
  const owner = user_id ?? owner_id ?? undefined;
  return typeof owner === 'object' ? owner.id : owner;
}
