import { randomUUID } from 'node:crypto';
import { DrataAccount, drata } from '../../functions/drata/client.ts';
import { sameEmail } from '../../functions/shared/email.ts';
import { startDrata } from '../../local/vendors/drata.ts';
import type { DrataState } from '../../local/vendors/drata-state.ts';
import type { VendorServer } from '../../local/vendors/vendor-server.ts';
import { type ContractSubject, inLiveDialect, type StartedSubject } from '../contract-subject.ts';
import { foundOne } from '../found-one.ts';

export const drataSubject: ContractSubject = {
  vendor: 'drata',
  listAccounts: (options) => drata(options).listAccounts,
  start: async () => subjectOver(await startDrata()),
};

export const drataLiveSubject: ContractSubject = {
  ...drataSubject,
  dialect: 'live',
  start: async () => {
    const { creation: _, ...subject } = subjectOver(inLiveDialect(await startDrata()));
    return { ...subject, deactivation: { surface: 'rest', method: 'PUT', path: /^\/personnel\/\d+$/ } };
  },
};

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
