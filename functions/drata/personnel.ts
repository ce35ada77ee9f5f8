import { isAddressAmong } from '../shared/email.ts';
import { VendorRejectedError, VendorUnconfirmedError } from '../shared/errors.ts';
import { type Change, type LeftOver, type StepResult, withLeft } from '../shared/outcome.ts';
import type { Sleep } from '../shared/sleep.ts';
import { NO_ACCOUNT } from '../shared/step.ts';
import { assertTheirs } from '../vendor/assert-theirs.ts';
import { ensure, startingWith } from '../vendor/ensure.ts';
import type { AccountSearch, FoundAccount } from '../vendor/find-account.ts';
import { exactMatch } from '../vendor/match.ts';
import { assertMayShut, type Release } from '../vendor/protected-account.ts';
import { textFollowUp } from '../vendor/told-facts.ts';
import { controlFollowUps, type DrataControls } from './controls.ts';
import type { DrataCalls, Personnel } from './dialect/calls.ts';
import {
  areTexts,
  type DrataHire,
  type DrataPerson,
  dayOf,
  differingFields,
  type HrFields,
  hrFields,
  inWords,
  newsFields,
  reopening,
  shownBy,
  showsTheSame,
  unwritableFields,
  writableFields,
} from './hr-fields.ts';

/** The steps about a personnel record. */
export function drataPersonnel(
  calls: DrataCalls,
  { findOwned }: Pick<DrataControls, 'findOwned'>,
  sleep: Sleep,
) {
  const findByEmail = async (operation: string, email: string) =>
    exactMatch('drata', email, await calls.withAddress(operation, email), (personnel) => personnel);

  const findManager = async (
    operation: string,
    managerEmail: string | null,
    ownAddresses: readonly string[],
  ): Promise<{ managerId: string | null; isMissing: boolean }> => {
    const isOwn = isAddressAmong(managerEmail, ownAddresses);
    if (managerEmail === null || isOwn || !calls.writes.has('managerId'))
      return { managerId: null, isMissing: false };
    const managers = await calls.withAddress(operation, managerEmail);
    const [manager] = managers;
    // A manager whom Drata does not show, or shows twice, stops nobody.
    if (manager === undefined || managers.length > 1) return { managerId: null, isMissing: true };
    return { managerId: manager.id, isMissing: false };
  };

  const bringInLine = async (
    operation: string,
    found: Personnel,
    { wanted, reopens, wasOpen }: { wanted: HrFields; reopens: boolean; wasOpen?: boolean | undefined },
  ): Promise<StepResult> => {
    // The manager's address may be one that this record has here.
    const own = wanted.managerId === found.id ? { ...wanted, managerId: null } : wanted;
    const fields = writableFields(own, calls.writes);
    const differences = (personnel: Personnel) => ({
      ...differingFields(personnel, fields),
      ...(reopens ? reopening(personnel, calls.clearsEndDate) : {}),
    });
    const { status, state } = await ensure<Personnel>({
      read: startingWith(found, () => calls.read(operation, found.id)),
      isDone: (personnel) => isEmpty(differences(personnel)),
      isEnough: (personnel) => areTexts(differences(personnel)),
      write: (personnel) => calls.write(operation, personnel, differences(personnel)),
      unconfirmed: () => new VendorUnconfirmedError('drata', operation, `personnel ${found.id}`),
      sleep,
    });
    const account = { vendorUserId: found.id };
    const isReopened = reopens && wasOpen === false;
    if (status === 'already_done')
      return withLeft({ status, account }, { followUps: isReopened ? calls.afterStatusWrite(found.id) : [] });
    const followUps = textFollowUps(found.id, differences(state));
    if (areTexts(differences(found)) && showsTheSame(found, state))
      return { status: 'not_needed', account, ...followUps };
    const opened: Change = { what: 'personnel updated', login: 'opened' };
    const wasShut = reopens && found.isActive === false;
    const changes = [wasShut ? opened : { what: 'personnel updated' }];
    const more = wasShut ? calls.afterStatusWrite(found.id) : [];
    return withLeft({ status, account, changes, ...followUps }, { followUps: more });
  };

  const create = async (
    email: string,
    wanted: HrFields,
    post: NonNullable<DrataCalls['create']>,
  ): Promise<StepResult> => {
    let id: string | null = null;
    const readCreated = async (): Promise<Personnel | null> => {
      const created: Personnel | null =
        id === null
          ? await findByEmail('createPersonnel', email)
          : await calls.readIfExists('createPersonnel', id);
      id = created?.id ?? id;
      return created;
    };
    const differences = (personnel: Personnel) => ({
      ...differingFields(personnel, wanted),
      ...reopening(personnel, calls.clearsEndDate),
    });
    const { status, state } = await ensure<Personnel | null>({
      read: startingWith(null, readCreated),
      // The compliance status is PENDING for minutes after a create, so it does not show whether this worked.
      isDone: (personnel) => personnel !== null && isEmpty(differences(personnel)),
      isEnough: (personnel) => personnel !== null && areTexts(differences(personnel)),
      write: async () => {
        id = (await post(differingFields({}, wanted))).id;
      },
      unconfirmed: () => new VendorUnconfirmedError('drata', 'createPersonnel', 'the new personnel record'),
      sleep,
    });
    const account = state === null ? null : { vendorUserId: state.id };
    const followUps = state === null ? {} : textFollowUps(state.id, differences(state));
    return { status, account, changes: [{ what: 'personnel created', login: 'opened' }], ...followUps };
  };

  const leftUnwritten = (personnel: Personnel, person: DrataPerson, wanted: HrFields): LeftOver => {
    const fields = unwritableFields(personnel, person, { wanted, writes: calls.writes });
    if (fields.length === 0) return {};
    return {
      followUps: [
        `See that the identity provider or the HR system gives Drata the ${inWords(fields)} of personnel ${personnel.id}; Drata's API cannot write them.`,
      ],
      unwritten: shownBy(fields),
    };
  };

  /** Brings the record in line that has come since the person was looked for; null where none has. */
  const adopt = async (hire: DrataHire, wanted: HrFields): Promise<StepResult | null> => {
    const personnel = await findByEmail('createPersonnel', hire.email);
    if (personnel === null) return null;
    assertTheirs('drata', hire, { id: personnel.id, name: wholeName(personnel) });
    const result = await bringInLine('createPersonnel', personnel, { wanted, reopens: true });
    return withLeft(result, leftUnwritten(personnel, hire, wanted));
  };

  const createOrAdopt = async (hire: DrataHire, wanted: HrFields): Promise<StepResult> => {
    // Whoever is not there yet comes later: the run's conclusion sees to it that somebody looks.
    if (calls.create === null) return (await adopt(hire, wanted)) ?? NO_ACCOUNT;
    try {
      return await create(hire.email, wanted, calls.create);
    } catch (error) {
      if (!(error instanceof VendorRejectedError) || error.call.status !== 409) throw error;
      const adopted = await adopt(hire, wanted);
      if (adopted !== null) return adopted;
      throw new VendorRejectedError(error.call, {
        code: error.code,
        advice: 'The address is taken and yet not listed. Look for it in Drata, then play the event again.',
      });
    }
  };

  return {
    /** The recorded record and all that have one of the addresses, inactive ones too. */
    findPersonnel: async (search: AccountSearch): Promise<FoundAccount<{ vendorUserId: string }>[]> =>
      (await calls.search('findPersonnel', search)).map((personnel) => ({
        account: { vendorUserId: personnel.id },
        address: personnel.email,
        externalId: personnel.externalId,
        name: wholeName(personnel),
        facts: { title: personnel.title, department: personnel.department },
        role: personnel.role ?? null,
        isOpen: personnel.isActive !== false,
      })),

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
      const wanted = hrFields(hire, manager.managerId);
      const result = await createOrAdopt(hire, wanted);
      return manager.isMissing ? withLeft(result, { followUps: [managerFollowUp(result)] }) : result;
    },

    /**
     * Brings a record in line with HR: somebody whom the identity provider brought, who is hired again, or of whom
     * something is new. What HR does not tell stays.
     *
     * @param options.reopens whether a record that has ended becomes active.
     * @param options.wasOpen how the run found the record first; an attempt before this one may have opened it.
     * @param options.ownAddresses nobody is made their own manager.
     * @throws VendorUnconfirmedError; VendorRejectedError when there is no such record, or the address is taken.
     */
    updatePersonnel: async (
      id: string,
      person: DrataPerson,
      options: { reopens: boolean; wasOpen?: boolean | undefined; ownAddresses: readonly string[] },
    ): Promise<StepResult> => {
      const { reopens, wasOpen, ownAddresses } = options;
      const found = await calls.read('updatePersonnel', id);
      const manager = await findManager('updatePersonnel', person.managerEmail, ownAddresses);
      const wanted = (reopens ? hrFields : newsFields)(person, manager.managerId);
      const inLine = await bringInLine('updatePersonnel', found, { wanted, reopens, wasOpen });
      const result = withLeft(inLine, leftUnwritten(found, person, wanted));
      return manager.isMissing ? withLeft(result, { followUps: [managerFollowUp(result)] }) : result;
    },

    /**
     * Ends the record: inactive, with the last working day as its end date. It is never deleted.
     *
     * @param lastWorkingDay an ISO date.
     * @param options.isKnown whether tenure knows who leaves. Where it does not, a record that has ended keeps its end
     *   date, as it may be of somebody who had the address before.
     * @param options.wasOpen whether the run found the record active first; an attempt before this one may have ended it.
     * @param options.namesControls whether a follow-up names the controls, where no step hands them over.
     * @throws VendorUnconfirmedError; VendorRejectedError when there is no such record; ProtectedAccountError where nobody
     *   has released them.
     */
    deactivatePersonnel: async (
      id: string,
      lastWorkingDay: string,
      {
        isKnown,
        wasOpen,
        namesControls = true,
        ...release
      }: Release & { isKnown: boolean; wasOpen?: boolean | undefined; namesControls?: boolean },
    ): Promise<StepResult> => {
      const found = await calls.read('deactivatePersonnel', id);
      const keepsEndDate = !isKnown && found.isActive === false && (found.endDate ?? null) !== null;
      const { status } = await ensure<Personnel>({
        read: startingWith(found, () => calls.read('deactivatePersonnel', id)),
        isDone: ({ isActive, endDate }) =>
          isActive === false && (keepsEndDate || dayOf(endDate) === lastWorkingDay),
        write: async ({ isActive }) => {
          if (isActive !== false) await assertMayShut('drata', id, release, {});
          // Both in one call: Drata's offboarding is incomplete with only one of them.
          // "Deactivate Personnel": https://www.stitchflow.com/user-management/drata/api
          await calls.write('deactivatePersonnel', found, { isActive: false, endDate: lastWorkingDay });
        },
        unconfirmed: () => new VendorUnconfirmedError('drata', 'deactivatePersonnel', `personnel ${id}`),
        sleep,
      });
      const followUps = namesControls
        ? controlFollowUps(found, await findOwned('deactivatePersonnel', found))
        : [];
      const after = { followUps: calls.afterStatusWrite(id) };
      if (status === 'already_done') return withLeft({ status, followUps }, wasOpen === true ? after : {});
      const shut: Change = { what: 'personnel deactivated', login: 'shut' };
      const ended: Change = { what: 'end date set' };
      return withLeft({ status, changes: [found.isActive === false ? ended : shut], followUps }, after);
    },
  };
}

function managerFollowUp({ account }: StepResult): string {
  return `Set the manager of Drata personnel ${account?.vendorUserId}; Drata does not have exactly one record with the manager's address.`;
}

function wholeName({ firstName, lastName }: Personnel): string | null {
  return [firstName, lastName].filter(Boolean).join(' ') || null;
}

function textFollowUps(id: string, differing: Record<string, unknown>): LeftOver {
  const fields = Object.keys(differing);
  if (fields.length === 0) return {};
  return {
    followUps: [textFollowUp(`Drata personnel ${id}`, new Intl.ListFormat('en-GB').format(fields))],
    unwritten: shownBy(fields),
  };
}

function isEmpty(body: Record<string, unknown>): boolean {
  return Object.keys(body).length === 0;
}
