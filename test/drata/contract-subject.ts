import { randomUUID } from 'node:crypto';
import { DrataAccount, drata } from '../../functions/drata/client.ts';
import { drataHandOver } from '../../functions/drata/hand-over-controls.ts';
import { sameEmail } from '../../functions/shared/email.ts';
import { ANN, colleague, type Person } from '../../local/vendors/company.ts';
import { startDrata } from '../../local/vendors/drata.ts';
import { liveId } from '../../local/vendors/drata-live.ts';
import type { DrataState } from '../../local/vendors/drata-state.ts';
import type { VendorServer } from '../../local/vendors/vendor-server.ts';
import {
  type ContractSubject,
  type HandOver,
  inLiveDialect,
  type StartedSubject,
} from '../contract-subject.ts';
import { foundOne } from '../found-one.ts';
import { withFields } from '../rewritten-answers.ts';
import { drataPeople } from './simulated-people.ts';

export const drataSubject: ContractSubject = {
  vendor: 'drata',
  listAccounts: (options) => drata(options).listAccounts,
  search: (options) => drata(options).findPersonnel,
  people: drataPeople,
  answers: {
    unneeded: [
      ...['firstName', 'lastName', 'title', 'department', 'employmentType', 'startDate', 'managerId'],
      ...['externalId', 'role', 'complianceStatus', 'trainingStatus', 'createdAt', 'name', 'ownerId'],
    ],
    needsAddressToShut: false,
    active: ['isActive'],
    haveTotal: true,
    leadingNowhere: null,
  },
  update: {
    writes: { method: 'PATCH', texts: ['name', 'title'] },
    changes: ['personnel updated'],
    followUps: [],
  },
  company: {
    holdsOlof: [],
    discrepancies: [
      ['orphan_account', null],
      ['missing_account', colleague(7)],
    ],
  },
  start: async () => subjectOver(await startDrata()),
};

export const drataLiveSubject: ContractSubject = {
  ...drataSubject,
  dialect: 'live',
  answers: {
    unneeded: [
      ...['firstName', 'lastName', 'startedAt', 'userId', 'complianceChecks', 'createdAt', 'updatedAt'],
      ...['statusUpdatedAt', 'notHumanReason', 'name', 'owners', 'code'],
    ],
    needsAddressToShut: false,
    active: ['employmentStatus'],
    haveTotal: true,
    leadingNowhere: withFields(['cursor'], '0'),
  },
  start: async () => {
    const server = inLiveDialect(await startDrata());
    const { creation: _, ...subject } = subjectOver(server);
    return {
      ...subject,
      handOvers: [controlsOf(server)],
      deactivation: { surface: 'rest', method: 'PUT', path: /^\/personnel\/\d+$/ },
    };
  },
};

function controlsOf(server: VendorServer<DrataState>): HandOver {
  const recordOf = ({ email }: Person) =>
    server.state.personnel.find((personnel) => sameEmail(personnel.email, email))?.id;
  const owned = (id: string | undefined) =>
    server.state.controls.filter(
      ({ ownerId, coOwnerIds = [] }) => id === ownerId || coOwnerIds.includes(id ?? ''),
    );
  return {
    what: 'reassignControls',
    method: 'PUT',
    prepare: () => {
      const ownerId = recordOf(ANN) ?? '';
      const more = [11, 12, 13, 14].map((number) => ({
        id: String(number),
        name: `Control ${number}`,
        status: 'PASSING' as const,
        ownerId,
      }));
      server.state.controls.push(...more);
    },
    handOver: (options, leaver, newOwner) =>
      drataHandOver(options).reassignControls(String(liveId(recordOf(leaver) ?? '')), newOwner),
    ownedBy: (person) => owned(recordOf(person)).map(({ id }) => liveId(id)),
    pathOf: (id) => `/workspaces/1/controls/${id}/owners`,
  };
}

function subjectOver(server: VendorServer<DrataState>): StartedSubject {
  const withEmail = (email: string) =>
    server.state.personnel.filter((personnel) => sameEmail(personnel.email, email));
  return {
    server,
    connect: (options) => {
      const client = drata(options);
      return {
        find: (email) => foundOne('drata', client.findPersonnel, email),
        deactivate: (account) =>
          client.deactivatePersonnel(DrataAccount.parse(account).vendorUserId, '2026-11-30', {
            isKnown: true,
          }),
        create: (person) =>
          client.createPersonnel(
            {
              ...person,
              title: 'Account Executive',
              department: 'Sales',
              employmentType: 'FULL_TIME',
              startDate: '2026-12-01',
              managerEmail: null,
            },
            [person.email],
          ),
        rename: (account, person) =>
          client.updatePersonnel(
            DrataAccount.parse(account).vendorUserId,
            { ...person, department: null, employmentType: null, startDate: null, managerEmail: null },
            { reopens: false, ownAddresses: [person.email] },
          ),
      };
    },
    addAccount: (email) => {
      server.state.personnel.push({
        id: randomUUID(),
        email,
        firstName: 'Added',
        lastName: 'Person',
        title: null,
        department: null,
        employmentType: null,
        startDate: null,
        endDate: null,
        isActive: true,
        role: 'MEMBER',
        managerId: null,
        externalId: null,
        complianceStatus: 'COMPLIANT',
        trainingStatus: { assigned: 1, completed: 1 },
        assignedAt: null,
        createdAt: 0,
      });
    },
    removeAccount: (email) => {
      server.state.personnel = server.state.personnel.filter(
        (personnel) => !sameEmail(personnel.email, email),
      );
    },
    countAccounts: (email) => withEmail(email).length,
    isActive: (email) => withEmail(email).some(({ isActive }) => isActive),
    countInvitations: () => null,
    deactivation: { surface: 'rest', method: 'PATCH', path: /^\/personnel\/[\w-]+$/ },
    creation: { surface: 'rest', method: 'POST', path: /^\/personnel$/ },
  };
}
