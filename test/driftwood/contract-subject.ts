import { driftwood } from '../../functions/driftwood/client.ts';
import { DriftwoodAccount } from '../../functions/driftwood/users.ts';
import { sameEmail } from '../../functions/shared/email.ts';
import { startDriftwood } from '../../local/vendors/driftwood.ts';
import type { ContractSubject } from '../contract-subject.ts';
import { foundOne } from '../found-one.ts';

export const driftwoodSubject: ContractSubject = {
  vendor: 'driftwood',
  listAccounts: (options) => driftwood(options).listAccounts,
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
