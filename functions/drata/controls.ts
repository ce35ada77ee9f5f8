import { VendorAuthError, VendorRejectedError, VendorResponseError } from '../shared/errors.ts';
import { secretName } from '../vendor/surface.ts';
import { drataRestSurface } from './app.ts';
import type { DrataCalls, Personnel } from './dialect/calls.ts';

// A state's output holds at most 256 kB, and each follow-up stands in it twice.
const MOST_NAMED = 200;

export type DrataControls = ReturnType<typeof drataControls>;

/** The controls and who owns them. */
export function drataControls({ listControls, recordsOfOwners }: DrataCalls) {
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

    /** What a person has to do about a leaver's controls: Drata's API cannot give them to another owner. */
    controlFollowUps: async ({ id: personnelId, userId }: Personnel): Promise<string[]> => {
      try {
        const owned = (await listControls('deactivatePersonnel')).filter(({ ownerIds }) =>
          ownerIds.includes(userId ?? personnelId),
        );
        if (owned.length === 0) return [];
        const names = owned
          .slice(0, MOST_NAMED)
          .map((control) => `${control.name ?? 'without a name'} (${control.id})`);
        const more = owned.length > MOST_NAMED ? [`and ${owned.length - MOST_NAMED} more`] : [];
        return [
          `Give the controls that Drata personnel ${personnelId} owns to somebody else: ${[...names, ...more].join(', ')}.`,
        ];
      } catch (error) {
        // The leaver is locked out by now; controls that cannot be read do not turn that into a failure.
        const isForGood =
          error instanceof VendorAuthError ||
          error instanceof VendorRejectedError ||
          error instanceof VendorResponseError;
        if (!isForGood) throw error;
        const reason =
          error instanceof VendorAuthError
            ? `the key in ${secretName(drataRestSurface)} may not read them (controls:read)`
            : 'Drata did not list them in a form that can be read';
        return [`Look in Drata which controls personnel ${personnelId} owns; ${reason}.`];
      }
    },
  };
}
