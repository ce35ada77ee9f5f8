import * as z from 'zod/mini';
import { isAddressAmong, sameEmail } from '../../shared/email.ts';
import { enriching, enrichingId, enrichingText, enrichingTextIfTold } from '../../vendor/enriching.ts';
import { flagOrNothing } from '../../vendor/flag-or-nothing.ts';
import type { VendorHttp } from '../../vendor/http.ts';
import { TextId } from '../../vendor/ids.ts';
import { twiceIfEmpty } from '../../vendor/paging.ts';
import { textOrNothing } from '../../vendor/text-or-nothing.ts';
import { type DrataCalls, HR_FIELDS, pagesOf, type Personnel as Shown } from '../dialect/calls.ts';
import { FIRST_POSITION, listAll, readAt, Total } from './pages.ts';

const Personnel = z.object({
  id: TextId,
  email: enrichingText('email'),
  firstName: enrichingText('firstName'),
  lastName: enrichingText('lastName'),
  title: enrichingText('title'),
  department: enrichingText('department'),
  employmentType: enrichingText('employmentType'),
  startDate: enrichingText('startDate'),
  /** Undefined where it cannot be read: no day is confirmed by that. */
  endDate: enriching<string | null | undefined>('endDate', textOrNothing, undefined),
  isActive: flagOrNothing,
  managerId: enrichingId('managerId'),
  externalId: enrichingText('externalId'),
  role: enrichingTextIfTold('role'),
  complianceStatus: enrichingText('complianceStatus'),
  // The guide does not say what is in it, and nothing here depends on that.
  trainingStatus: z.optional(z.unknown()),
});
const ListedPersonnel = z.extend(Personnel, { isActive: enriching('isActive', flagOrNothing, null) });

const PersonnelPage = z.object({ data: z.array(ListedPersonnel), total: Total });

type PersonnelCalls = Omit<DrataCalls, 'listControls' | 'controlOwners' | 'readTasks'>;

/** The calls about personnel records. */
export function guidePersonnel(http: VendorHttp, pageSize: number): PersonnelCalls {
  const readPage = (operation: string, page: number) =>
    // "List Personnel": https://www.stitchflow.com/user-management/drata/api
    http.request({
      operation,
      method: 'GET',
      path: '/personnel',
      query: { page, limit: pageSize },
      answer: PersonnelPage,
    });

  // "Get Personnel by ID": https://www.stitchflow.com/user-management/drata/api
  const call = (operation: string, id: string) =>
    ({ operation, method: 'GET', path: `/personnel/${id}`, answer: Personnel, isThere: true }) as const;

  const list = (operation: string): Promise<Shown[]> =>
    twiceIfEmpty(() => listAll(pagesOf(operation, '/personnel'), (page) => readPage(operation, page)));

  return {
    read: (operation, id) => http.request(call(operation, id)),
    readIfExists: (operation, id) => http.requestIfExists(call(operation, id)),
    withAddress: async (operation, address) =>
      (await list(operation)).filter(({ email }) => sameEmail(email ?? '', address)),

    search: async (operation, { vendorUserId, addresses }) => {
      const everybody = await list(operation);
      const found = everybody.filter(
        ({ id, email }) => id === vendorUserId || isAddressAmong(email, addresses),
      );
      // Only an id may become a part of the path.
      const isId = vendorUserId !== null && /^[\w-]+$/.test(vendorUserId);
      if (!isId || found.some(({ id }) => id === vendorUserId)) return found;
      // The walk may have missed it: a page moves when a record is added meanwhile.
      const recorded = await http.requestIfExists(call(operation, vendorUserId));
      return recorded === null ? found : [recorded, ...found];
    },

    firstPosition: FIRST_POSITION,
    listAt: (operation, position) =>
      readAt(pagesOf(operation, '/personnel'), position, (page) => readPage(operation, page)),

    writes: new Set(HR_FIELDS),
    clearsEndDate: true,
    write: async (operation, { id }, body) => {
      // "Update Personnel": https://www.stitchflow.com/user-management/drata/api
      const call = { operation, method: 'PATCH', path: `/personnel/${id}`, body, isThere: true } as const;
      await http.request({ ...call, answer: z.unknown() });
    },
    afterStatusWrite: () => [],
    create: (body) =>
      // "Create Personnel": https://www.stitchflow.com/user-management/drata/api
      http.request({
        operation: 'createPersonnel',
        method: 'POST',
        path: '/personnel',
        body,
        answer: z.object({ id: TextId }),
      }),

    recordsOfOwners: async () => (ownerId) => ownerId,
  };
}
