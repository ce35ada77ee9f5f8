import { SalesloftAccount, salesloft } from '../../functions/salesloft/client.ts';
import { sameEmail } from '../../functions/shared/email.ts';
import { colleague } from '../../local/vendors/company.ts';
import { type SalesloftState, startSalesloft } from '../../local/vendors/salesloft.ts';
import type { VendorServer } from '../../local/vendors/vendor-server.ts';
import { type ContractSubject, inLiveDialect, type StartedSubject } from '../contract-subject.ts';
import { foundOne } from '../found-one.ts';
import { withFields } from '../rewritten-answers.ts';
import { salesloftPeople } from './simulated-people.ts';

export const salesloftSubject: ContractSubject = {
  vendor: 'salesloft',
  listAccounts: (options) => salesloft(options).listAccounts,
  search: (options) => salesloft(options).findUser,
  people: salesloftPeople,
  answers: {
    unneeded: [
      ...['name', 'first_name', 'last_name', 'title', 'role', 'group', 'created_at', 'guid', 'team_id'],
      ...['externalId', 'displayName', 'emails', 'meta', 'schemas'],
    ],
    needsAddressToShut: false,
    active: ['active'],
    haveTotal: true,
    leadingNowhere: withFields(['next_page'], 1),
  },
  update: {
    writes: { method: 'PATCH', texts: ['name'] },
    changes: ['name and address changed'],
    followUps: [],
  },
  company: {
    holdsOlof: ['token_user', 'last_admin'],
    discrepancies: [['pending_invitation', colleague(8)]],
  },
  start: async () => subjectOver(await startSalesloft()),
};

export const salesloftLiveSubject: ContractSubject = {
  ...salesloftSubject,
  dialect: 'live',
  start: async () => subjectOver(inLiveDialect(await startSalesloft())),
};

function subjectOver(server: VendorServer<SalesloftState>): StartedSubject {
  const withEmail = (email: string) => server.state.users.filter((user) => sameEmail(user.email, email));
  return {
    server,
    connect: (options) => {
      const client = salesloft(options);
      return {
        find: (email) => foundOne('salesloft', client.findUser, email),
        deactivate: (account) => client.deactivateUser(SalesloftAccount.parse(account).vendorUserId),
        create: (person) => client.provisionUser(person),
        rename: (account, { email, ...name }) =>
          client.updateUser(SalesloftAccount.parse(account).vendorUserId, { name, email }),
      };
    },
    addAccount: (email) => {
      server.state.users.push({
        id: 80_000 + server.state.users.length,
        guid: '00000000-0000-4000-8000-000000080000',
        name: 'Added Account',
        first_name: 'Added',
        last_name: 'Account',
        email,
        title: null,
        active: true,
        accepted: true,
        in_scim: true,
        team_id: 99,
        role: { id: 1, name: 'User' },
        group: null,
        created_at: '2024-01-10T00:00:00Z',
      });
    },
    removeAccount: (email) => {
      server.state.users = server.state.users.filter((user) => !sameEmail(user.email, email));
    },
    countAccounts: (email) => withEmail(email).length,
    isActive: (email) => withEmail(email).some(({ active }) => active),
    countInvitations: (email) =>
      server.state.invitations.filter((address) => sameEmail(address, email)).length,
    deactivation: { surface: 'scim', method: 'PATCH', path: /^\/Users\/\d+$/ },
    creation: { surface: 'scim', method: 'POST', path: /^\/Users$/ },
  };
}
