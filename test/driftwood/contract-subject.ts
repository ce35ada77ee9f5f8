import { driftwood } from '../../functions/driftwood/client.ts';
import { DriftwoodAccount } from '../../functions/driftwood/users.ts';
import { sameEmail } from '../../functions/shared/email.ts';
import { colleague } from '../../local/vendors/company.ts';
import { startDriftwood } from '../../local/vendors/driftwood.ts';
import type { ContractSubject } from '../contract-subject.ts';
import { foundOne } from '../found-one.ts';
import { driftwoodPeople } from './simulated-people.ts';

export const driftwoodSubject: ContractSubject = {
  vendor: 'driftwood',
  listAccounts: (options) => driftwood(options).listAccounts,
  search: (options) => driftwood(options).findUser,
  people: driftwoodPeople,
  answers: {
    unneeded: ['name', 'role', 'account_id', 'bcc_token', 'must_change_password', 'created_at', 'updated_at'],
    needsAddressToShut: true,
    // No date means that the user is active.
    active: ['deactivated_at'],
    haveTotal: true,
    leadingNowhere: null,
  },
  update: {
    writes: null,
    changes: [],
    followUps: ['Change the name and address of Driftwood CRM user'],
  },
  company: {
    holdsOlof: ['account_owner'],
    discrepancies: [
      ['leaver_can_log_in', colleague(1)],
      ['orphan_account', null],
      ['vanished_account', colleague(4)],
    ],
  },
  start: async () => {
    const server = await startDriftwood();
    const withEmail = (email: string) => server.state.users.filter((user) => sameEmail(user.email, email));
    return {
      server,
      connect: (options) => {
        const client = driftwood(options);
        return {
          find: (email) => foundOne('driftwood', client.findUser, email),
          deactivate: (account) => client.deactivateUser(DriftwoodAccount.parse(account)),
          create: (person) => client.inviteUser(person),
          rename: (account, { firstName, lastName, email }) => {
            const wanted = { name: `${firstName} ${lastName}`, email };
            // No call changes a name, so this one is as HR wants it.
            for (const user of withEmail(email)) user.name = wanted.name;
            const { vendorUserId } = DriftwoodAccount.parse(account);
            return client.updateUser({ vendorUserId, email }, wanted);
          },
        };
      },
      addAccount: (email) => {
        const number = server.state.users.length;
        server.state.users.push({
          id: `added-${number}`,
          account_id: 'added',
          email,
          name: 'Added',
          role: 'member',
          bcc_token: `bcc-added-${number}`,
          must_change_password: false,
          deactivated_at: null,
          created_at: '2025-01-01T00:00:00Z',
          updated_at: '2025-01-01T00:00:00Z',
        });
      },
      removeAccount: (email) => {
        server.state.users = server.state.users.filter((user) => !sameEmail(user.email, email));
      },
      countAccounts: (email) => withEmail(email).length,
      isActive: (email) => withEmail(email).some(({ deactivated_at }) => deactivated_at === null),
      countInvitations: (email) =>
        server.state.invitations.filter((address) => sameEmail(address, email)).length,
      deactivation: { surface: 'rest', method: 'POST', path: /^\/users-set-active$/ },
      creation: { surface: 'rest', method: 'POST', path: /^\/users-invite$/ },
    };
  },
};
