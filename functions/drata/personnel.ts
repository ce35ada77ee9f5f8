import * as z from 'zod/mini';
import { sameEmail } from '../shared/email.ts';
import { VendorRejectedError, VendorUnconfirmedError } from '../shared/errors.ts';
import type { Change, StepResult } from '../shared/outcome.ts';
import type { Sleep } from '../shared/sleep.ts';
import { assertTheirs } from '../vendor/assert-theirs.ts';
import { ensure, startingWith } from '../vendor/ensure.ts';
import type { AccountSearch, FoundAccount } from '../vendor/find-account.ts';
import type { VendorHttp } from '../vendor/http.ts';
import { textFollowUp } from '../vendor/told-facts.ts';
import type { DrataControls } from './controls.ts';
import {
  areTexts,
  type DrataHire,
  type DrataPerson,
  dayOf,
  differingFields,
  type HrFields,
  hrFields,
  newsFields,
  reopening,
  showsTheSame,
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

  const findManager = async (
    operation: string,
    managerEmail: string | null,
    ownAddresses: readonly string[],
  ): Promise<{ managerId: string | null; isMissing: boolean }> => {
    const isOwn = ownAddresses.some((address) => sameEmail(address, managerEmail ?? ''));
    if (managerEmail === null || isOwn) return { managerId: null, isMissing: false };
    const everybody = await reads.list(operation);
    const managers = everybody.filter(({ email }) => sameEmail(email ?? '', managerEmail));
    const [manager] = managers;
    // A manager whom Drata does not show, or shows twice, stops nobody.
    if (manager === undefined || managers.length > 1) return { managerId: null, isMissing: true };
    return { managerId: manager.id, isMissing: false };
  };

  const bringInLine = async (
    operation: string,
    found: Personnel,
    { wanted, reopens }: { wanted: HrFields; reopens: boolean },
  ): Promise<StepResult> => {
    // The manager's address may be one that this record has here.
    const fields = wanted.managerId === found.id ? { ...wanted, managerId: null } : wanted;
    const differences = (personnel: Personnel) => ({
      ...differingFields(personnel, fields),
      ...(reopens ? reopening(personnel) : {}),
    });
    const { status, state } = await ensure<Personnel>({
      read: startingWith(found, () => reads.read(operation, found.id)),
      isDone: (personnel) => isEmpty(differences(personnel)),
      isEnough: (personnel) => areTexts(differences(personnel)),
      write: (personnel) => patchPersonnel(operation, found.id, differences(personnel)),
      unconfirmed: () => new VendorUnconfirmedError('drata', operation, `personnel ${found.id}`),
      sleep,
    });
    const account = { vendorUserId: found.id };
    if (status === 'already_done') return { status, account };
    const followUps = textFollowUps(found.id, differences(state));
    if (areTexts(differences(found)) && showsTheSame(found, state))
      return { status: 'not_needed', account, ...followUps };
    const opened: Change = { what: 'personnel updated', login: 'opened' };
    const wasShut = reopens && found.isActive === false;
    return { status, account, changes: [wasShut ? opened : { what: 'personnel updated' }], ...followUps };
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
    const differences = (personnel: Personnel) => ({
      ...differingFields(personnel, wanted),
      ...reopening(personnel),
    });
    const { status, state } = await ensure<Personnel | null>({
      read: startingWith(null, readCreated),
      // The compliance status is PENDING for minutes after a create, so it does not show whether this worked.
      isDone: (personnel) => personnel !== null && isEmpty(differences(personnel)),
      isEnough: (personnel) => personnel !== null && areTexts(differences(personnel)),
      write: async () => {
        // "Create Personnel": https://www.stitchflow.com/user-management/drata/api
        const created = await http.request({
          operation: 'createPersonnel',
          method: 'POST',
          path: '/personnel',
          body: differingFields({}, wanted),
          answer: z.object({ id: z.string() }),
        });
        id = created.id;
      },
      unconfirmed: () => new VendorUnconfirmedError('drata', 'createPersonnel', 'the new personnel record'),
      sleep,
    });
    const account = state === null ? null : { vendorUserId: state.id };
    const followUps = state === null ? {} : textFollowUps(state.id, differences(state));
    return { status, account, changes: [{ what: 'personnel created', login: 'opened' }], ...followUps };
  };

  const createOrAdopt = async (hire: DrataHire, wanted: HrFields): Promise<StepResult> => {
    const { email } = hire;
    try {
      return await create(email, wanted);
    } catch (error) {
      if (!(error instanceof VendorRejectedError) || error.call.status !== 409) throw error;
      const personnel = await findByEmail('createPersonnel', email);
      if (personnel !== null) {
        const { id, firstName, lastName } = personnel;
        assertTheirs('drata', hire, { id, name: [firstName, lastName].filter(Boolean).join(' ') || null });
        return bringInLine('createPersonnel', personnel, { wanted, reopens: true });
      }
      throw new VendorRejectedError(error.call, {
        code: error.code,
        advice: 'The address is taken and yet not listed. Look for it in Drata, then play the event again.',
      });
    }
  };

  return {
    /** The recorded record and all that have one of the addresses, inactive ones too. */
    findPersonnel: async (search: AccountSearch): Promise<FoundAccount<{ vendorUserId: string }>[]> =>
      (await reads.search('findPersonnel', search)).map(
        ({ id, email, externalId, firstName, lastName, title, department, isActive }) => ({
          account: { vendorUserId: id },
          address: email,
          externalId,
          name: [firstName, lastName].filter(Boolean).join(' ') || null,
          facts: { title, department },
          isOpen: isActive !== false,
        }),
      ),

    /**
     * Creates the personnel record, or brings the one that another run has just created in line with HR. A manager
     * whom Drata does not know is a follow-up.
     *
     * @param ownAddresses nobody is made their own manager.
     * @throws AmbiguousUserError; VendorUnconfirmedError; VendorRejectedError when Drata says the address is
     *   taken and yet does not list it.
     */
    createPersonnel: async (hire: DrataHire, ownAddresses: readonly string[]): Promise<StepResult> => {
      const manager = await findManager('createPersonnel', hire.managerEmail, ownAddresses);
      const result = await createOrAdopt(hire, hrFields(hire, manager.managerId));
      return manager.isMissing ? withFollowUp(result, managerFollowUp(result)) : result;
    },

    /**
     * Brings a record in line with HR: somebody whom the identity provider brought, who is hired again, or of whom
     * something is new. What HR does not tell stays.
     *
     * @param options.reopens whether a record that has ended becomes active.
     * @param options.ownAddresses nobody is made their own manager.
     * @throws VendorUnconfirmedError; VendorRejectedError when there is no such record, or the address is taken.
     */
    updatePersonnel: async (
      id: string,
      person: DrataPerson,
      { reopens, ownAddresses }: { reopens: boolean; ownAddresses: readonly string[] },
    ): Promise<StepResult> => {
      const found = await reads.read('updatePersonnel', id);
      const manager = await findManager('updatePersonnel', person.managerEmail, ownAddresses);
      const wanted = (reopens ? hrFields : newsFields)(person, manager.managerId);
      const result = await bringInLine('updatePersonnel', found, { wanted, reopens });
      return manager.isMissing ? withFollowUp(result, managerFollowUp(result)) : result;
    },

    /**
     * Ends the record: inactive, with the last working day as its end date. It is never deleted.
     *
     * @param lastWorkingDay an ISO date.
     * @param options.isKnown whether tenure knows who leaves. Where it does not, a record that has ended keeps its end
     *   date, as it may be of somebody who had the address before.
     * @throws VendorUnconfirmedError; VendorRejectedError when there is no such record.
     */
    deactivatePersonnel: async (
      id: string,
      lastWorkingDay: string,
      { isKnown }: { isKnown: boolean },
    ): Promise<StepResult> => {
      const found = await reads.read('deactivatePersonnel', id);
      const keepsEndDate = !isKnown && found.isActive === false && (found.endDate ?? null) !== null;
      const { status } = await ensure<Personnel>({
        read: startingWith(found, () => reads.read('deactivatePersonnel', id)),
        isDone: ({ isActive, endDate }) =>
          isActive === false && (keepsEndDate || dayOf(endDate) === lastWorkingDay),
        write: () =>
          // Both in one PATCH: Drata's offboarding is incomplete with only one of them.
          // "Deactivate Personnel": https://www.stitchflow.com/user-management/drata/api
          patchPersonnel('deactivatePersonnel', id, { isActive: false, endDate: lastWorkingDay }),
        unconfirmed: () => new VendorUnconfirmedError('drata', 'deactivatePersonnel', `personnel ${id}`),
        sleep,
      });
      const followUps = await controlFollowUps(id);
      if (status === 'already_done') return { status, followUps };
      const shut: Change = { what: 'personnel deactivated', login: 'shut' };
      const ended: Change = { what: 'end date set' };
      return { status, changes: [found.isActive === false ? ended : shut], followUps };
    },
  };
}

function managerFollowUp({ account }: StepResult): string {
  return `Set the manager of Drata personnel ${account?.vendorUserId}; Drata does not have exactly one record with the manager's address.`;
}

function withFollowUp(result: StepResult, followUp: string): StepResult {
  return { ...result, followUps: [...(result.followUps ?? []), followUp] };
}

function textFollowUps(id: string, differing: Record<string, unknown>): Pick<StepResult, 'followUps'> {
  const fields = Object.keys(differing);
  if (fields.length === 0) return {};
  return { followUps: [textFollowUp(`Drata personnel ${id}`, new Intl.ListFormat('en-GB').format(fields))] };
}

function isEmpty(body: Record<string, unknown>): boolean {
  return Object.keys(body).length === 0;
}
