import * as z from 'zod/mini';
import { VendorAuthError, VendorRejectedError, VendorResponseError } from '../shared/errors.ts';
import { enrichingText } from '../vendor/enriching.ts';
import type { VendorHttp } from '../vendor/http.ts';
import { secretName } from '../vendor/surface.ts';
import { drataRestSurface } from './app.ts';
import { listAll, pagesOf, Total } from './pages.ts';

const Control = z.object({ id: z.string(), name: enrichingText('name'), ownerId: enrichingText('ownerId') });
const ControlPage = z.object({ data: z.array(Control), total: Total });

// A state's output holds at most 256 kB, and each follow-up stands in it twice.
const MOST_NAMED = 200;

export type DrataControls = ReturnType<typeof drataControls>;

/** The controls and who owns them. */
export function drataControls(http: VendorHttp, pageSize: number) {
  const list = (operation: string) =>
    listAll(pagesOf(operation, '/controls'), (page) =>
      // "List Controls": https://www.stitchflow.com/user-management/drata/api
      http.request({
        operation,
        method: 'GET',
        path: '/controls',
        query: { page, limit: pageSize },
        answer: ControlPage,
      }),
    );

  return {
    /** All controls, and which personnel record each is owned by; null where nobody owns it. */
    listControls: async () =>
      (await list('listControls')).map(({ id, name, ownerId }) => ({ id, name: name ?? id, ownerId })),

    /** What a person has to do about a leaver's controls: Drata's API cannot give them to another owner. */
    controlFollowUps: async (personnelId: string): Promise<string[]> => {
      try {
        const owned = (await list('deactivatePersonnel')).filter(({ ownerId }) => ownerId === personnelId);
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
