import * as z from 'zod/mini';
import { VendorRejectedError, VendorUnconfirmedError } from '../shared/errors.ts';
import type { StepResult } from '../shared/outcome.ts';
import type { Sleep } from '../shared/sleep.ts';
import { ensure } from '../vendor/ensure.ts';
import type { VendorHttp } from '../vendor/http.ts';
import type { DrataControls } from './controls.ts';
import {
  type DrataHire,
  dayOf,
  differences,
  differingFields,
  type HrFields,
  hrFields,
  idOfManager,
} from './hr-fields.ts';
import { type DrataPersonnelReads, type Personnel, withEmail } from './personnel-reads.ts';

/** The steps about a personnel record. */
export function drataPersonnel(
  http: VendorHttp,
  reads: DrataPersonnelReads,
  { controlFollowUps }: Pick<DrataControls, 'controlFollowUps'>,
  sleep: Sleep,
) {
  const findByEmail = async (operation: string, email: string) =>
    withEmail(await reads.list(operation), email);

  const patchPersonnel = (operation: string, id: string, body: Record<string, unknown>) =>
    // "Update Personnel": https://www.stitchflow.com/user-management/drata/api
    http.request({ operation, method: 'PATCH', path: `/personnel/${id}`, body, answer: z.unknown() });

  const findHireAndManager = async (hire: DrataHire, vendorUserId: string | null) => {
    const recorded = await reads.findRecorded('createPersonnel', vendorUserId);
    if (recorded !== null && hire.managerEmail === null) return { personnel: recorded, managerId: null };
    const everybody = await reads.list('createPersonnel');
    return {
      personnel: recorded ?? withEmail(everybody, hire.email),
      managerId: idOfManager(everybody, hire.managerEmail),
    };
  };

  const update = async (found: Personnel, wanted: HrFields): Promise<StepResult> => {
    const { status } = await ensure<Personnel>({
      read: startingWith(found, () => reads.read('createPersonnel', found.id)),
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
          : await reads.readIfExists('createPersonnel', id);
      id = created?.id ?? id;
      return created;
    };
    const { status, state } = await ensure<Personnel | null>({
      read: startingWith(null, readCreated),
      // The compliance status is PENDING for minutes after a create, so it does not show whether this worked.
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
      const recorded = await reads.findRecorded('findPersonnel', person.vendorUserId);
      const personnel = recorded ?? (await findByEmail('findPersonnel', person.email));
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

    /**
     * Ends the record: inactive, with the last working day as its end date. It is never deleted.
     *
     * @param lastWorkingDay an ISO date.
     * @throws VendorUnconfirmedError; VendorRejectedError when there is no such record.
     */
    deactivatePersonnel: async (id: string, lastWorkingDay: string): Promise<StepResult> => {
      const { status } = await ensure({
        read: () => reads.read('deactivatePersonnel', id),
        isDone: (personnel) => personnel.isActive === false && dayOf(personnel.endDate) === lastWorkingDay,
        write: () =>
          // Both in one PATCH: Drata's offboarding is incomplete with only one of them.
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

function managerFollowUp({ account }: StepResult): string {
  return `Set the manager of Drata personnel ${account?.vendorUserId}; Drata does not have exactly one record with the manager's address.`;
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
