import { InvalidInputError } from '../shared/errors.ts';
import type { StepResult } from '../shared/outcome.ts';
import type { Sleep } from '../shared/sleep.ts';
import { handOver, handOverInParts } from '../vendor/hand-over.ts';
import { type Journal, memoryJournal, type Place } from '../vendor/hand-over-journal.ts';
import type { NewOwner } from '../vendor/new-owner.ts';
import type { OwnedRecords } from '../vendor/owned-records.ts';
import { collect, walk } from '../vendor/paging.ts';
import {
  IN_WORDS,
  type OwnedRecord,
  type PipedriveCalls,
  pagesOf,
  type RecordKind,
} from './dialect/calls.ts';
import type { PipedriveUserReads } from './user-reads.ts';

/** The steps about the records of a leaver. */
export function pipedriveRecords(
  calls: PipedriveCalls,
  users: PipedriveUserReads,
  { sleep, now }: { sleep: Sleep; now: () => number },
) {
  const findNewOwner = async (
    operation: string,
    newOwner: NewOwner | null,
    leaverId: string,
  ): Promise<number> => {
    if (newOwner === null)
      throw new InvalidInputError(
        `Pipedrive user ${leaverId} may own records, and nobody is named to take them over. Give reassignTo.`,
      );
    const owner = await newOwner.find({
      withAddress: (address) => users.findByEmail(operation, address),
      idsOf: ({ id }) => [String(id)],
    });
    if (owner === null)
      throw new InvalidInputError(
        "Pipedrive has no user with the new owner's address. Name somebody who has one.",
      );
    const { isActive } = await calls.readUser(operation, String(owner.id));
    if (isActive === false)
      throw new InvalidInputError(
        `Pipedrive user ${owner.id}, the new owner, is deactivated. Name somebody who is active.`,
      );
    if (String(owner.id) === leaverId)
      throw new InvalidInputError(
        `Pipedrive user ${owner.id}, the new owner, is the leaver. Name somebody else.`,
      );
    return owner.id;
  };

  const recordsOf = (
    kind: RecordKind,
    operation: string,
    leaverId: string,
    newOwner: NewOwner | null,
  ): OwnedRecords => {
    const { path, first, listAt, readIfExists, giveTo } = calls.records[kind];
    const isOwned = ({ ownerId, isOpen }: OwnedRecord) => String(ownerId) === leaverId && isOpen;
    return {
      vendor: 'pipedrive',
      what: IN_WORDS[kind],
      sleep,
      list: pagesOf(operation, path),
      first,
      listPage: async (position) => {
        const { items, next } = await listAt(operation, leaverId, position);
        // Filtered once more: a server that ignores the filter must not make us move other people's records.
        return { ids: items.filter(isOwned).map(({ id }) => id), next, shown: items };
      },
      readOwner: async (id) => {
        const record = await readIfExists(operation, id);
        if (record === null || !record.isOpen) return 'gone';
        return isOwned(record) ? 'leaver' : 'other';
      },
      findNewOwner: () => findNewOwner(operation, newOwner, leaverId),
      move: (id, newOwnerId) => giveTo(operation, id, newOwnerId),
    };
  };

  /** Archived deals can be listed, and not given to anybody. */
  const archivedFollowUps = async (operation: string, leaverId: string): Promise<string[]> => {
    const { archivedDeals } = calls;
    if (archivedDeals === null) return [];
    const { path, first, listAt } = archivedDeals;
    const deals = await collect(
      walk(pagesOf(operation, path), first, (position: string) => listAt(operation, leaverId, position)),
    );
    const left = deals.filter(({ ownerId, isOpen }) => String(ownerId) === leaverId && isOpen).length;
    if (left === 0) return [];
    const which = left === 1 ? '1 archived open deal' : `${left} archived open deals`;
    return [
      `Give ${which} of Pipedrive user ${leaverId} to another owner by hand: restore them from the archive first, because Pipedrive lets nobody change them there.`,
    ];
  };

  /** The two steps that hand over one kind of records. */
  const handOverOf = (kind: RecordKind, operation: string, step: string) => {
    const parts = (leaverId: string, newOwner: NewOwner | null, journal: Journal) => ({
      records: recordsOf(kind, operation, leaverId, newOwner),
      ...{ journal, step, now },
    });
    const withArchived = async (leaverId: string, result: StepResult): Promise<StepResult> => {
      if (kind !== 'deals') return result;
      const followUps = await archivedFollowUps(operation, leaverId);
      if (followUps.length === 0) return result;
      return { ...result, followUps: [...(result.followUps ?? []), ...followUps] };
    };
    return {
      small: async (leaverId: string, newOwner: NewOwner | null, journal = memoryJournal()) =>
        withArchived(leaverId, await handOver(parts(leaverId, newOwner, journal))),
      inParts: async (leaverId: string, newOwner: NewOwner | null, journal: Journal, from: Place | null) => {
        const result = await handOverInParts(parts(leaverId, newOwner, journal), from);
        return 'stage' in result ? result : withArchived(leaverId, result);
      },
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
      newOwner: NewOwner | null,
    ): Promise<StepResult> => {
      const [user] = await users.search({
        vendorUserId: leaver.vendorUserId,
        addresses: [leaver.email],
      });
      if (user === undefined) return { status: 'not_needed' };
      await findNewOwner('checkNewOwner', newOwner, String(user.id));
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
