import { isForGood, VendorAuthError } from '../shared/errors.ts';
import { twiceIfEmpty } from '../vendor/paging.ts';
import { secretName } from '../vendor/surface.ts';
import { drataRestSurface } from './app.ts';
import type { Control, DrataCalls, Personnel } from './dialect/calls.ts';

// A state's output holds at most 256 kB, and each follow-up stands in it twice.
const MOST_NAMED = 200;

export type DrataControls = ReturnType<typeof drataControls>;

/** The controls and who owns them. */
export function drataControls(calls: DrataCalls) {
  const { listControls, recordsOfOwners } = calls;

  const ownedBy = async (operation: string, { id, userId }: Personnel): Promise<Control[]> =>
    (await twiceIfEmpty(() => listControls(operation))).filter(({ ownerIds }) =>
      ownerIds.includes(userId ?? id),
    );

  return {
    /** All controls, once for each owner, and which personnel record that is; null where nobody owns it. */
    listControls: async () => {
      const recordOf = await recordsOfOwners('listControls');
      const controls = await listControls('listControls');
      return controls.flatMap(({ id, name, ownerIds }) =>
        (ownerIds.length === 0 ? [null] : ownerIds).map((ownerId) => ({
          id,
          name: name ?? id,
          ownerId: ownerId === null ? null : recordOf(ownerId),
        })),
      );
    },

    /**
     * The controls that a leaver owns, or the follow-up where they cannot be read.
     *
     * @param isFollowUp which errors are one; unless given, all that a retry does not mend.
     */
    findOwned: async (
      operation: string,
      personnel: Personnel,
      isFollowUp: (error: unknown) => boolean = isForGood,
    ): Promise<Control[] | string> => {
      try {
        return await ownedBy(operation, personnel);
      } catch (error) {
        if (!isFollowUp(error)) throw error;
        const reason =
          error instanceof VendorAuthError
            ? `the key in ${secretName(drataRestSurface)} may not read them (controls:read)`
            : 'Drata did not list them in a form that can be read';
        return `Look in Drata which controls personnel ${personnel.id} owns; ${reason}.`;
      }
    },
  };
}

/** What a person has to do about the controls of a leaver. */
export function controlFollowUps(
  { id }: Pick<Personnel, 'id'>,
  owned: readonly Control[] | string,
): string[] {
  if (typeof owned === 'string') return [owned];
  if (owned.length === 0) return [];
  const names = owned
    .slice(0, MOST_NAMED)
    .map((control) => `${control.name ?? 'without a name'} (${control.id})`);
  const more = owned.length > MOST_NAMED ? [`and ${owned.length - MOST_NAMED} more`] : [];
  return [
    `Give the controls that Drata personnel ${id} owns to somebody else: ${[...names, ...more].join(', ')}.`,
  ];
}
