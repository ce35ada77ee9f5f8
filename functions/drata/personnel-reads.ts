import * as z from 'zod/mini';
import { sameEmail } from '../shared/email.ts';
import { enriching, enrichingText, enrichingTextIfTold } from '../vendor/enriching.ts';
import type { AccountSearch } from '../vendor/find-account.ts';
import { flagOrNothing } from '../vendor/flag-or-nothing.ts';
import type { VendorHttp } from '../vendor/http.ts';
import { exactMatch } from '../vendor/match.ts';
import { textOrNothing } from '../vendor/text-or-nothing.ts';
import { listAll, pagesOf, readAt, Total } from './pages.ts';

const Personnel = z.object({
  id: z.string(),
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
  managerId: enrichingText('managerId'),
  externalId: enrichingText('externalId'),
  role: enrichingTextIfTold('role'),
  complianceStatus: enrichingText('complianceStatus'),
  // The guide does not say what is in it, and nothing here depends on that.
  trainingStatus: z.optional(z.unknown()),
});
export type Personnel = z.infer<typeof Personnel>;
const ListedPersonnel = z.extend(Personnel, { isActive: enriching('isActive', flagOrNothing, null) });

const PersonnelPage = z.object({ data: z.array(ListedPersonnel), total: Total });

export type DrataPersonnelReads = ReturnType<typeof drataPersonnelReads>;

/** Reads personnel records, inactive ones too. `operation` is the client's method, for messages. */
export function drataPersonnelReads(http: VendorHttp, pageSize: number) {
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
    ({ operation, method: 'GET', path: `/personnel/${id}`, answer: Personnel }) as const;

  const list = (operation: string): Promise<Personnel[]> =>
    listAll(pagesOf(operation, '/personnel'), (page) => readPage(operation, page));

  return {
    /** @throws VendorRejectedError when there is no such record. */
    read: (operation: string, id: string): Promise<Personnel> => http.request(call(operation, id)),

    readIfExists: (operation: string, id: string): Promise<Personnel | null> =>
      http.requestIfExists(call(operation, id)),

    list,

    /** The recorded record and all that have one of the addresses. */
    search: async (operation: string, { vendorUserId, addresses }: AccountSearch): Promise<Personnel[]> => {
      const everybody = await list(operation);
      const found = everybody.filter(
        ({ id, email }) =>
          id === vendorUserId || addresses.some((address) => sameEmail(email ?? '', address)),
      );
      // Only an id may become a part of the path.
      const isId = vendorUserId !== null && /^[\w-]+$/.test(vendorUserId);
      if (!isId || found.some(({ id }) => id === vendorUserId)) return found;
      // The walk may have missed it: a page moves when a record is added meanwhile.
      const recorded = await http.requestIfExists(call(operation, vendorUserId));
      return recorded === null ? found : [recorded, ...found];
    },

    /** One page. @param position as `readAt` in pages.ts takes it. */
    listAt: (operation: string, position: string) =>
      readAt(pagesOf(operation, '/personnel'), position, (page) => readPage(operation, page)),
  };
}

/** The record with exactly this address, or null. @throws AmbiguousUserError */
export function withEmail(everybody: readonly Personnel[], email: string): Personnel | null {
  return exactMatch('drata', email, everybody, (personnel) => ({ id: personnel.id, email: personnel.email }));
}
