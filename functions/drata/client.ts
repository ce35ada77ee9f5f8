import * as z from 'zod/mini';
import { sameEmail } from '../shared/email.ts';
import { VendorAuthError, VendorRejectedError, VendorUnconfirmedError } from '../shared/errors.ts';
import type { StepResult } from '../shared/outcome.ts';
import { realSleep } from '../shared/sleep.ts';
import type { ComplianceRecord } from '../tables/compliance-store.ts';
import { type CollectionPage, listCollections } from '../vendor/account-list.ts';
import { ensure } from '../vendor/ensure.ts';
import { type ClientOptions, vendorHttp } from '../vendor/http.ts';
import { exactMatch } from '../vendor/match.ts';
import { collect, EndlessPagingError, type Page, walk } from '../vendor/paging.ts';
import { type Surface, secretName } from '../vendor/surface.ts';
import { drataRestSurface } from './app.ts';
import { assessTraining, BackgroundChecks, type TrainingCheck, Trainings } from './training.ts';

// API guide: https://www.stitchflow.com/user-management/drata/api

export const drataRest: Surface = {
  ...drataRestSurface,
  authorization: (token) => ({ authorization: `Bearer ${token}` }),
};

/** A Drata personnel record as the steps pass it on. */
export const DrataAccount = z.object({ vendorUserId: z.string() });

/** Somebody as HR knows them; null is what HR does not tell. Dates are ISO dates. */
export type DrataHire = {
  employeeId: string;
  email: string;
  firstName: string;
  lastName: string;
  title: string | null;
  department: string | null;
  employmentType: string | null;
  startDate: string;
  managerEmail: string | null;
};

/** One page of what Drata has computed; `next` is the position to ask for next, null at the end. */
export type CompliancePage = { records: ComplianceRecord[]; next: string | null };

const OptionalText = z.optional(z.nullable(z.string()));
const Personnel = z.object({
  id: z.string(),
  email: OptionalText,
  firstName: OptionalText,
  lastName: OptionalText,
  title: OptionalText,
  department: OptionalText,
  employmentType: OptionalText,
  startDate: OptionalText,
  endDate: OptionalText,
  isActive: z.optional(z.nullable(z.boolean())),
  managerId: OptionalText,
  externalId: OptionalText,
  role: OptionalText,
  complianceStatus: OptionalText,
  // The guide does not say what is in it, and nothing here depends on that.
  trainingStatus: z.optional(z.unknown()),
});
type Personnel = z.infer<typeof Personnel>;

const PersonnelPage = z.object({ data: z.array(Personnel), total: z.optional(z.nullable(z.int())) });

const Control = z.object({ id: z.string(), name: z.string(), ownerId: z.optional(z.nullable(z.string())) });
const ControlPage = z.object({ data: z.array(Control), total: z.optional(z.nullable(z.int())) });

/** What HR says about a person and Drata keeps in a field of its own. */
const HR_FIELDS = [
  'firstName',
  'lastName',
  'title',
  'department',
  'employmentType',
  'startDate',
  'externalId',
  'managerId',
] as const;
type HrFields = Record<(typeof HR_FIELDS)[number], string | null>;

const DEFAULT_PAGE_SIZE = 100;
// A state's output holds 256 kB, and a follow-up twice.
const MOST_NAMED = 200;
const FIRST_POSITION = '1 0';

export type DrataClient = ReturnType<typeof drata>;

/**
 * The Drata client. Each method is one step, and each that writes may be run again. Besides what is named at a
 * method, all throw the errors of `VendorHttp`.
 */
export function drata(options: ClientOptions = {}) {
  const http = vendorHttp(drataRest, options.rest);
  const sleep = options.sleep ?? realSleep;
  const pageSize = options.pageSize ?? DEFAULT_PAGE_SIZE;

  const readPage = (operation: string, page: number) =>
    // "List Personnel": https://www.stitchflow.com/user-management/drata/api
    http.request({
      operation,
      method: 'GET',
      path: '/personnel',
      query: { page, limit: pageSize },
      answer: PersonnelPage,
    });

  /** All items of a collection, page by page. */
  const listAll = async <T extends { id: string }>(
    readPageOf: (page: number) => Promise<{ data: T[]; total?: number | null | undefined }>,
  ): Promise<T[]> => {
    // Kept by id, because what slips to the next page during the walk arrives twice.
    const arrived = new Map<string, T>();
    const fetchPage = async (page: number): Promise<Page<T, number>> => {
      const { data, total } = await readPageOf(page);
      for (const item of data) arrived.set(item.id, item);
      // A short page proves nothing: the server may give fewer than `limit` asks for.
      const isLast = data.length === 0 || arrived.size >= (total ?? Number.POSITIVE_INFINITY);
      return { items: data, next: isLast ? null : page + 1 };
    };
    await collect(walk(1, fetchPage));
    return [...arrived.values()];
  };

  const listPersonnel = (operation: string) => listAll((page) => readPage(operation, page));

  // The position is the page, how many records came before it, and the first of the page before: a record that is added
  // meanwhile moves the last one on to the next page, and hardly the first.
  const readAt = async (operation: string, position: string) => {
    const [page = '1', before = '0', firstBefore] = position.split(' ');
    const { data, total } = await readPage(operation, Number(page));
    const first = data[0]?.id;
    if (first !== undefined && first === firstBefore) throw new EndlessPagingError(Number(page));
    const arrived = Number(before) + data.length;
    const isLast = first === undefined || arrived >= (total ?? Number.POSITIVE_INFINITY);
    const next = isLast ? null : `${Number(page) + 1} ${arrived} ${first}`;
    return { data, total: total ?? undefined, next };
  };

  const listAccountPage = async (position: string): Promise<CollectionPage> => {
    const { data, ...page } = await readAt('listAccounts', position);
    const accounts = data.map(({ id, email, isActive, role, managerId }) => ({
      id,
      email: email ?? null,
      isOpen: isActive !== false,
      managerId: managerId ?? null,
      ...(role === undefined ? {} : { role }),
    }));
    return { accounts, ...page };
  };

  const listControls = (operation: string) =>
    listAll((page) =>
      // "List Controls": https://www.stitchflow.com/user-management/drata/api
      http.request({
        operation,
        method: 'GET',
        path: '/controls',
        query: { page, limit: pageSize },
        answer: ControlPage,
      }),
    );

  // Drata keeps the leaver as the owner, and its API cannot change that.
  const controlFollowUps = async (id: string): Promise<string[]> => {
    try {
      const owned = (await listControls('deactivatePersonnel')).filter(({ ownerId }) => ownerId === id);
      if (owned.length === 0) return [];
      const names = owned.slice(0, MOST_NAMED).map((control) => `${control.name} (${control.id})`);
      const more = owned.length > MOST_NAMED ? [`and ${owned.length - MOST_NAMED} more`] : [];
      return [
        `Give the controls that Drata personnel ${id} owns to somebody else: ${[...names, ...more].join(', ')}.`,
      ];
    } catch (error) {
      // The leaver is out; a key without controls:read must not make that a failure.
      if (!(error instanceof VendorAuthError)) throw error;
      return [
        `Look in Drata which controls personnel ${id} owns; the key in ${secretName(drataRest)} may not read them (controls:read).`,
      ];
    }
  };

  const findByEmail = async (operation: string, email: string) =>
    withEmail(await listPersonnel(operation), email);

  // "Get Personnel by ID": https://www.stitchflow.com/user-management/drata/api
  const personnelCall = (operation: string, id: string) =>
    ({ operation, method: 'GET', path: `/personnel/${id}`, answer: Personnel }) as const;

  const findStored = async (operation: string, vendorUserId: string | null) => {
    // Anything but an id stays out of a path.
    if (vendorUserId === null || !/^[\w-]+$/.test(vendorUserId)) return null;
    return http.requestIfExists(personnelCall(operation, vendorUserId));
  };

  const patchPersonnel = (operation: string, id: string, body: Record<string, unknown>) =>
    // "Update Personnel": https://www.stitchflow.com/user-management/drata/api
    http.request({ operation, method: 'PATCH', path: `/personnel/${id}`, body, answer: z.unknown() });

  const findHireAndManager = async (hire: DrataHire, vendorUserId: string | null) => {
    const stored = await findStored('createPersonnel', vendorUserId);
    if (stored !== null && hire.managerEmail === null) return { personnel: stored, managerId: null };
    const everybody = await listPersonnel('createPersonnel');
    return {
      personnel: stored ?? withEmail(everybody, hire.email),
      managerId: idOfManager(everybody, hire.managerEmail),
    };
  };

  const update = async (found: Personnel, wanted: HrFields): Promise<StepResult> => {
    const { status } = await ensure<Personnel>({
      read: startingWith(found, () => http.request(personnelCall('createPersonnel', found.id))),
      isDone: (personnel) => isEmpty(differences(personnel, wanted)),
      write: (personnel) => patchPersonnel('createPersonnel', found.id, differences(personnel, wanted)),
      unconfirmed: () => new VendorUnconfirmedError('drata', 'createPersonnel', `personnel ${found.id}`),
      sleep,
    });
    const account = { vendorUserId: found.id };
    return status === 'already_done'
      ? { status, account }
      : { status, account, changes: [{ what: 'personnel updated' }] };
  };

  const create = async (email: string, wanted: HrFields): Promise<StepResult> => {
    let id: string | null = null;
    const readCreated = async (): Promise<Personnel | null> => {
      const created: Personnel | null =
        id === null
          ? await findByEmail('createPersonnel', email)
          : await http.requestIfExists(personnelCall('createPersonnel', id));
      id = created?.id ?? id;
      return created;
    };
    const { status, state } = await ensure<Personnel | null>({
      read: startingWith(null, readCreated),
      // Compliance is PENDING for minutes after a create, so it says nothing about whether this worked.
      isDone: (personnel) => personnel !== null && isEmpty(differences(personnel, wanted)),
      write: async () => {
        // "Create Personnel": https://www.stitchflow.com/user-management/drata/api
        const created = await http.request({
          operation: 'createPersonnel',
          method: 'POST',
          path: '/personnel',
          body: { email, ...differingFields({}, wanted) },
          answer: z.object({ id: z.string() }),
        });
        id = created.id;
      },
      unconfirmed: () => new VendorUnconfirmedError('drata', 'createPersonnel', 'the new personnel record'),
      sleep,
    });
    const account = state === null ? null : { vendorUserId: state.id };
    return { status, account, changes: [{ what: 'personnel created' }] };
  };

  const createOrAdopt = async (email: string, wanted: HrFields): Promise<StepResult> => {
    try {
      return await create(email, wanted);
    } catch (error) {
      if (!(error instanceof VendorRejectedError) || error.call.status !== 409) throw error;
      const personnel = await findByEmail('createPersonnel', email);
      if (personnel !== null) return update(personnel, wanted);
      throw new VendorRejectedError(error.call, {
        code: error.code,
        advice: 'The address is taken and yet not listed. Look for it in Drata, then play the event again.',
      });
    }
  };

  return {
    /** By the recorded id first, by exact email second; inactive records count. @throws AmbiguousUserError */
    findPersonnel: async (person: { email: string; vendorUserId: string | null }): Promise<StepResult> => {
      const stored = await findStored('findPersonnel', person.vendorUserId);
      const personnel = stored ?? (await findByEmail('findPersonnel', person.email));
      return personnel === null
        ? { status: 'not_found', account: null }
        : { status: 'found', account: { vendorUserId: personnel.id } };
    },

    /**
     * Creates the personnel record, or brings the one that is there in line with HR: somebody whom the identity
     * provider brought, or who is hired again. What HR does not tell is left as it is. A manager whom Drata does
     * not know is a follow-up.
     *
     * @throws AmbiguousUserError; VendorUnconfirmedError; VendorRejectedError when Drata says the address is
     *   taken and yet does not list it.
     */
    createPersonnel: async ({
      vendorUserId,
      ...hire
    }: DrataHire & { vendorUserId: string | null }): Promise<StepResult> => {
      const { personnel, managerId } = await findHireAndManager(hire, vendorUserId);
      const wanted = hrFields(hire, managerId);
      const result =
        personnel === null ? await createOrAdopt(hire.email, wanted) : await update(personnel, wanted);
      if (hire.managerEmail === null || managerId !== null) return result;
      return { ...result, followUps: [managerFollowUp(result)] };
    },

    /** All controls, and which personnel record each is owned by; null where nobody owns it. */
    listControls: async () =>
      (await listControls('listControls')).map(({ id, name, ownerId }) => ({
        id,
        name,
        ownerId: ownerId ?? null,
      })),

    /**
     * What Drata has computed for everybody, a page at a time, inactive records too.
     *
     * @param position null for the first page.
     * @throws EndlessPagingError when a page begins like the one before it.
     */
    listCompliance: async (position: string | null): Promise<CompliancePage> => {
      const { data, next } = await readAt('listCompliance', position ?? FIRST_POSITION);
      return { records: data.map(complianceOf), next };
    },

    /** What Drata has computed for one person; null when the record is gone. */
    readCompliance: async (id: string): Promise<ComplianceRecord | null> => {
      const personnel = await http.requestIfExists(personnelCall('readCompliance', id));
      return personnel === null ? null : complianceOf(personnel);
    },

    /** How far somebody has come with their trainings and background checks, which the API only shows. */
    checkTraining: async (id: string): Promise<TrainingCheck> => {
      const personnel = await http.requestIfExists(personnelCall('checkTraining', id));
      if (personnel === null) return { status: 'gone', missing: [] };
      if (personnel.isActive === false) return { status: 'left', missing: [] };
      // "List Personnel Training Status": https://www.stitchflow.com/user-management/drata/api
      const { trainings } = await http.request({
        operation: 'checkTraining',
        method: 'GET',
        path: `/personnel/${id}/training`,
        answer: Trainings,
      });
      // "List Personnel Background Checks": https://www.stitchflow.com/user-management/drata/api
      const { backgroundChecks } = await http.request({
        operation: 'checkTraining',
        method: 'GET',
        path: `/personnel/${id}/background-checks`,
        answer: BackgroundChecks,
      });
      return assessTraining(personnel.complianceStatus ?? null, trainings, backgroundChecks);
    },

    /** All personnel records a page at a time, inactive ones too. */
    listAccounts: listCollections([{ name: 'personnel', first: FIRST_POSITION, fetch: listAccountPage }]),

    /**
     * Ends the record: inactive, with the last working day as its end date. It is never deleted.
     *
     * @param lastWorkingDay an ISO date.
     * @throws VendorUnconfirmedError; VendorRejectedError when there is no such record.
     */
    deactivatePersonnel: async (id: string, lastWorkingDay: string): Promise<StepResult> => {
      const { status } = await ensure({
        read: () => http.request(personnelCall('deactivatePersonnel', id)),
        isDone: (personnel) =>
          personnel.isActive === false && dayOf(personnel.endDate ?? null) === lastWorkingDay,
        write: () =>
          // One PATCH with both: either alone leaves a part of Drata's offboarding undone.
          // "Deactivate Personnel": https://www.stitchflow.com/user-management/drata/api
          patchPersonnel('deactivatePersonnel', id, { isActive: false, endDate: lastWorkingDay }),
        unconfirmed: () => new VendorUnconfirmedError('drata', 'deactivatePersonnel', `personnel ${id}`),
        sleep,
      });
      const followUps = await controlFollowUps(id);
      if (status === 'already_done') return { status, followUps };
      return { status, changes: [{ what: 'personnel deactivated' }], followUps };
    },
  };
}

function complianceOf(personnel: Personnel): ComplianceRecord {
  const { id, email, externalId, isActive, complianceStatus, trainingStatus } = personnel;
  return {
    personnelId: id,
    employeeId: externalId ?? null,
    email: email ?? null,
    isActive: isActive !== false,
    complianceStatus: complianceStatus ?? null,
    trainingStatus: trainingStatus ?? null,
  };
}

function withEmail(everybody: readonly Personnel[], email: string): Personnel | null {
  return exactMatch('drata', email, everybody, (personnel) => ({ id: personnel.id, email: personnel.email }));
}

/** The one record with the manager's address; null when none or several have it, which stops nobody's hire. */
function idOfManager(everybody: readonly Personnel[], managerEmail: string | null): string | null {
  if (managerEmail === null) return null;
  const managers = everybody.filter(({ email }) => sameEmail(email ?? '', managerEmail));
  const [manager] = managers;
  return manager === undefined || managers.length > 1 ? null : manager.id;
}

function managerFollowUp({ account }: StepResult): string {
  return `Set the manager of Drata personnel ${account?.vendorUserId}; Drata does not have exactly one record with the manager's address.`;
}

function hrFields(hire: DrataHire, managerId: string | null): HrFields {
  const { employeeId, firstName, lastName, title, department, employmentType, startDate } = hire;
  return {
    firstName,
    lastName,
    title,
    department,
    employmentType,
    startDate,
    externalId: employeeId,
    managerId,
  };
}

/** The body that turns a record into the wanted one; empty when it is. */
function differences(personnel: Personnel, wanted: HrFields): Record<string, unknown> {
  return {
    ...differingFields(personnel, wanted),
    ...(personnel.isActive === true ? {} : { isActive: true }),
    // An end date that stays would have Drata go on with the offboarding.
    ...((personnel.endDate ?? null) === null ? {} : { endDate: null }),
  };
}

/** The wanted fields that the record has not. A field that HR does not tell is not wanted. */
function differingFields(personnel: Partial<Personnel>, wanted: HrFields): Record<string, unknown> {
  const current = (field: (typeof HR_FIELDS)[number]) => {
    const value = personnel[field] ?? null;
    return field === 'startDate' ? dayOf(value) : value;
  };
  const differing = HR_FIELDS.filter((field) => wanted[field] !== null && current(field) !== wanted[field]);
  return Object.fromEntries(differing.map((field) => [field, wanted[field]]));
}

// Drata documents dates; a time that comes along says nothing more.
function dayOf(date: string | null): string | null {
  return date === null ? null : date.slice(0, 10);
}

function isEmpty(body: Record<string, unknown>): boolean {
  return Object.keys(body).length === 0;
}

/** A reader whose first answer is what is known already, which saves a call. */
function startingWith<State>(known: State, read: () => Promise<State>): () => Promise<State> {
  let isFirst = true;
  return async () => {
    if (!isFirst) return read();
    isFirst = false;
    return known;
  };
}
