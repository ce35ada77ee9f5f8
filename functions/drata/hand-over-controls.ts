import { InvalidInputError, isForbidden } from '../shared/errors.ts';
import type { StepResult } from '../shared/outcome.ts';
import { realSleep } from '../shared/sleep.ts';
import { type HandOver, handOver, handOverInParts } from '../vendor/hand-over.ts';
import { type Journal, memoryJournal, type Place } from '../vendor/hand-over-journal.ts';
import type { ClientOptions } from '../vendor/http.ts';
import type { NewOwner } from '../vendor/new-owner.ts';
import type { OwnedRecords, RecordId } from '../vendor/owned-records.ts';
import { drataCalls } from './client.ts';
import { controlFollowUps, drataControls } from './controls.ts';
import {
  type Control,
  type ControlId,
  type ControlOwners,
  type Personnel,
  pagesOf,
} from './dialect/calls.ts';

const operation = 'reassignControls';
const ONLY_PAGE = '';

/** The controls that can be given away, and to whom. */
type Hand = { leaverId: string; newOwner: NewOwner; owners: ControlOwners; owned: readonly Control[] };

/** The step about the controls that a leaver owns; apart from the client, so that no other step loads it. */
export function drataHandOver(options: ClientOptions = {}) {
  const { sleep = realSleep } = options;
  const now = options.rest?.now ?? Date.now;
  const calls = drataCalls(options);
  const { findOwned } = drataControls(calls);

  /** The one active record of an address; null where Drata does not have exactly one. */
  const withAddress = async (address: string): Promise<Personnel | null> => {
    const found = (await calls.withAddress(operation, address)).filter(({ isActive }) => isActive === true);
    return found.length === 1 ? (found[0] ?? null) : null;
  };

  /** The user of who takes over; null where Drata has none that is not the leaver. */
  const findNewOwner = async (newOwner: NewOwner, leaverId: string): Promise<number | null> => {
    const found = await newOwner.find({ withAddress, idsOf: ({ id }) => [id] });
    const userId = found?.userId ?? null;
    return userId === null || userId === leaverId ? null : Number(userId);
  };

  /** What can be given away, or the step's result where that is nothing. */
  const lookAt = async (
    vendorUserId: string,
    newOwner: NewOwner | null,
    journal: Journal,
  ): Promise<Hand | StepResult> => {
    const owners = calls.controlOwners;
    // The step that ended the record has named them.
    if (owners === null) return { status: 'not_needed' };
    const leaver = await calls.read(operation, vendorUserId);
    // The login is shut by now, so a run may fail for them.
    const owned = await findOwned(operation, leaver, isForbidden);
    // An attempt that gave all away and broke off has not told of it.
    if (owned.length === 0 && (await journal.readPlace()) === null) return { status: 'already_done' };
    const byHand = (why: string): StepResult => ({
      status: 'not_needed',
      followUps: controlFollowUps(leaver, owned).map((followUp) => followUp + why),
    });
    const leaverId = leaver.userId ?? null;
    if (typeof owned === 'string' || leaverId === null) return byHand('');
    if (newOwner === null) return byHand(' Nobody is named to take them over.');
    if ((await findNewOwner(newOwner, leaverId)) === null)
      return byHand(' Drata has no active record of who is named to take them over.');
    return { leaverId, newOwner, owners, owned };
  };

  const recordsOf = ({ leaverId, newOwner, owners, owned }: Hand): OwnedRecords<RecordId> => {
    let known: readonly Control[] | null = owned;
    return {
      ...{ vendor: 'drata', what: 'controls', sleep, first: ONLY_PAGE },
      list: pagesOf(operation, '/controls'),
      listPage: async () => {
        const controls =
          known ??
          (await calls.listControls(operation)).filter(({ ownerIds }) => ownerIds.includes(leaverId));
        known = null;
        return { ids: controls.map(recordId), next: null };
      },
      readOwner: async (id) => {
        const ownerIds = await owners.read(operation, controlId(id));
        if (ownerIds === null) return 'gone';
        return ownerIds.includes(leaverId) ? 'leaver' : 'other';
      },
      findNewOwner: async () => {
        const userId = await findNewOwner(newOwner, leaverId);
        if (userId !== null) return userId;
        throw new InvalidInputError(
          'Drata has no active record any more of who is named to take over the controls. Name somebody else.',
        );
      },
      move: async (id, newOwnerId) => {
        // From now on the list is another one.
        known = null;
        const ownerIds = await owners.read(operation, controlId(id));
        if (ownerIds === null) return null;
        // Whoever owns it together with the leaver keeps it.
        const kept = ownerIds.filter((ownerId) => ownerId !== leaverId);
        return owners.write(operation, controlId(id), [...new Set([...kept, String(newOwnerId)])]);
      },
    };
  };

  const partsOf = (hand: Hand, journal: Journal): HandOver => ({
    ...{ records: recordsOf(hand), journal, step: 'DrataReassignControls', now },
  });

  return {
    /**
     * Gives the controls that the leaver owns to the new owner; co-owners stay. Where the API cannot, where nobody is
     * named, where Drata does not have them, or where the key may not read controls, that is a follow-up.
     *
     * @throws as `handOver`.
     */
    reassignControls: async (
      vendorUserId: string,
      newOwner: NewOwner | null,
      journal: Journal = memoryJournal(),
    ): Promise<StepResult> => {
      const hand = await lookAt(vendorUserId, newOwner, journal);
      return 'status' in hand ? hand : handOver(partsOf(hand, journal));
    },

    /** As `reassignControls`, in parts. @throws as `handOverInParts` */
    reassignControlsInParts: async (
      vendorUserId: string,
      newOwner: NewOwner | null,
      journal: Journal,
      from: Place | null,
    ): Promise<Place | StepResult> => {
      const hand = await lookAt(vendorUserId, newOwner, journal);
      return 'status' in hand ? hand : handOverInParts(partsOf(hand, journal), from);
    },
  };
}

/** A control of one workspace may have the number of one of another. */
function recordId({ workspaceId = '', id }: ControlId): string {
  return `${workspaceId}/${id}`;
}

function controlId(recordId: RecordId): ControlId {
  const [workspaceId = '', id = ''] = String(recordId).split('/');
  return { workspaceId, id };
}
