import * as z from 'zod/mini';
import { isAddressAmong, sameEmail } from '../../shared/email.ts';
import { VendorRejectedError } from '../../shared/errors.ts';
import { enriching, enrichingText } from '../../vendor/enriching.ts';
import type { VendorHttp } from '../../vendor/http.ts';
import { NumberId } from '../../vendor/ids.ts';
import { assertAllArrived, endlessPaging } from '../../vendor/paging.ts';
import { textOrNothing } from '../../vendor/text-or-nothing.ts';
import { type DrataCalls, pagesOf, type Personnel as Shown } from '../dialect/calls.ts';
import { listAll, readPage } from './pages.ts';

// https://developers.drata.com/openapi/reference/v2/operation/PersonnelPublicV2Controller_listPersonnel/

const User = z.object({
  id: enriching('user.id', z.optional(NumberId), undefined),
  email: enrichingText('user.email'),
  firstName: enrichingText('user.firstName'),
  lastName: enrichingText('user.lastName'),
});
const NO_USER = { id: undefined, email: null, firstName: null, lastName: null };
const Check = z.object({ type: z.string(), status: z.string() });

const Personnel = z.object({
  id: NumberId,
  userId: enriching('userId', z.optional(z.nullable(NumberId)), null),
  user: enriching('user', User, NO_USER),
  employmentStatus: enrichingText('employmentStatus'),
  startedAt: enrichingText('startedAt'),
  separatedAt: enriching<string | null | undefined>('separatedAt', textOrNothing, undefined),
  complianceChecks: enriching('complianceChecks', z.array(Check), []),
});
// Nobody can be found in a list that does not show the users.
const ListedPersonnel = z.extend(Personnel, { user: User });

const EXPANDED = { 'expand[]': ['user', 'complianceChecks'] };
const IS_ID = /^\d+$/;

type PersonnelCalls = Omit<DrataCalls, 'listControls' | 'controlOwners' | 'readTasks'>;

/** The calls about personnel records. They come from the identity provider or the HR system, and are never created. */
export function livePersonnel(http: VendorHttp, pageSize: number): PersonnelCalls {
  const pages = (operation: string) => ({
    ...{ operation, path: '/personnel', query: EXPANDED, item: ListedPersonnel, pageSize },
  });

  // https://developers.drata.com/openapi/reference/v2/operation/PersonnelPublicV2Controller_getPersonnel/
  const call = (operation: string, id: string) =>
    ({
      operation,
      method: 'GET',
      path: `/personnel/${id}`,
      query: EXPANDED,
      answer: Personnel,
      isThere: true,
    }) as const;

  const withExactAddress = async (operation: string, address: string): Promise<Shown | null> => {
    const path = `/personnel/email:${encodeURIComponent(address)}`;
    const shown = { shownPath: '/personnel/email:{address}' };
    const found = await http.requestIfExists({ ...call(operation, ''), path, ...shown }).catch(noneIfRefused);
    if (found === null) return null;
    // A server that ignores the address answers with somebody else's record.
    return sameEmail(found.user.email ?? '', address) ? asShown(found) : null;
  };

  const list = async (operation: string): Promise<Shown[]> =>
    (await listAll(http, pages(operation))).map(asShown);

  const readIfExists = async (operation: string, id: string): Promise<Shown | null> => {
    const found = await http.requestIfExists(call(operation, id));
    return found === null ? null : asShown(found);
  };

  return {
    read: async (operation, id) => asShown(await http.request(call(operation, id))),
    readIfExists,
    withAddress: async (operation, address) => {
      const exact = await withExactAddress(operation, address);
      if (exact !== null) return [exact];
      // Drata may compare the case of an address.
      return (await list(operation)).filter(({ email }) => sameEmail(email ?? '', address));
    },

    search: async (operation, { vendorUserId, addresses, isThorough = false }) => {
      const found = new Map<string, Shown>();
      for (const address of addresses) {
        const exact = await withExactAddress(operation, address);
        if (exact !== null) found.set(exact.id, exact);
      }
      // A second record with the same address shows in the list only.
      const everybody = isThorough || found.size === 0 ? await list(operation) : [];
      for (const one of everybody)
        if (one.id === vendorUserId || isAddressAmong(one.email, addresses)) found.set(one.id, one);
      if (vendorUserId === null || !IS_ID.test(vendorUserId) || found.has(vendorUserId))
        return [...found.values()];
      const recorded = await readIfExists(operation, vendorUserId);
      return recorded === null ? [...found.values()] : [recorded, ...found.values()];
    },

    firstPosition: FIRST_POSITION,
    listAt: async (operation, position) => {
      const { arrived, firstBefore, cursor } = parsePosition(position);
      const page = await readPage(http, pages(operation), cursor);
      const data = page.items.map(asShown);
      const first = data[0]?.id ?? '';
      if (first !== '' && first === firstBefore)
        throw endlessPaging(pagesOf(operation, '/personnel'), arrived);
      const all = arrived + data.length;
      if (page.next === null) assertAllArrived(pagesOf(operation, '/personnel'), all, page.total);
      return { data, total: page.total, next: page.next === null ? null : `${all} ${first} ${page.next}` };
    },

    writes: new Set(),
    clearsEndDate: false,
    write: async (operation, { id, employmentStatus = null }, { isActive, endDate }) => {
      if (typeof isActive !== 'boolean') return;
      const body = {
        employmentStatus: statusAfter(isActive, employmentStatus),
        ...(typeof endDate === 'string' ? { separatedAt: endDate } : {}),
      };
      // https://developers.drata.com/openapi/reference/v2/operation/PersonnelPublicV2Controller_updatePersonnel/
      const call = { operation, method: 'PUT', path: `/personnel/${id}`, body, isThere: true } as const;
      await http.request({ ...call, answer: z.unknown() });
    },
    afterStatusWrite: (id) => [
      `Know that Drata no longer takes the employment status and the separation date of personnel ${id} from the identity provider or the HR system, because they were set through its API. Run Drata's action reset-sync for it when it should again, such as after a new hire.`,
    ],
    create: null,

    recordsOfOwners: async (operation) => {
      const everybody = await list(operation);
      const records = new Map(everybody.map(({ id, userId }) => [userId, id]));
      return (ownerId) => records.get(ownerId) ?? null;
    },
  };
}

/** Drata may take an unusual address for none. Whoever has it shows in the list, which is read then. */
function noneIfRefused(error: unknown): null {
  if (error instanceof VendorRejectedError) return null;
  throw error;
}

/** Of a walk: how many records came before, the id of the first of the page before, and Drata's cursor. */
const FIRST_POSITION = '0  ';

function parsePosition(position: string): { arrived: number; firstBefore: string; cursor: string } {
  const [arrived = '0', firstBefore = '', ...cursor] = position.split(' ');
  return { arrived: Number(arrived), firstBefore, cursor: cursor.join(' ') };
}

const FORMER = new Set([
  ...['FORMER_EMPLOYEE', 'FORMER_CONTRACTOR'],
  ...['SPECIAL_FORMER_EMPLOYEE', 'SPECIAL_FORMER_CONTRACTOR'],
]);
const PRESENT = new Set([
  ...['CURRENT_EMPLOYEE', 'CURRENT_CONTRACTOR', 'FUTURE_HIRE'],
  ...['OUT_OF_SCOPE', 'SERVICE_ACCOUNT', 'UNKNOWN'],
]);

/** Null for a status that Drata does not document: it confirms nothing. */
function isActive(status: string | null): boolean | null {
  if (status !== null && FORMER.has(status)) return false;
  return status !== null && PRESENT.has(status) ? true : null;
}

function statusAfter(active: boolean, before: string | null): string {
  const kind = before?.endsWith('CONTRACTOR') ? 'CONTRACTOR' : 'EMPLOYEE';
  return `${active ? 'CURRENT' : 'FORMER'}_${kind}`;
}

const COMPLIANCE: Record<string, string> = { PASS: 'COMPLIANT', FAIL: 'NON_COMPLIANT' };

function asShown(personnel: z.infer<typeof Personnel>): Shown {
  const { id, employmentStatus, startedAt, separatedAt, complianceChecks } = personnel;
  const { id: expandedId, ...user } = personnel.user;
  const userId = personnel.userId ?? expandedId ?? null;
  const full = complianceChecks.find(({ type }) => type === 'FULL_COMPLIANCE')?.status;
  return {
    id: String(id),
    userId: userId === null ? null : String(userId),
    ...user,
    ...{ title: null, department: null, employmentType: null, managerId: null, externalId: null },
    startDate: startedAt,
    endDate: separatedAt,
    isActive: isActive(employmentStatus),
    employmentStatus,
    // Drata computes it some time after the record has come.
    complianceStatus: full === undefined ? 'PENDING' : (COMPLIANCE[full] ?? full),
    checks: complianceChecks,
  };
}
