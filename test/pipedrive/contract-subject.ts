import { PipedriveAccount, pipedrive } from '../../functions/pipedrive/client.ts';
import type { PipedriveMode } from '../../functions/pipedrive/mode.ts';
import { sameEmail } from '../../functions/shared/email.ts';
import { startPipedrive } from '../../local/vendors/pipedrive.ts';
import type { ContractSubject, StartedSubject } from '../contract-subject.ts';
import { foundOne } from '../found-one.ts';

export const pipedriveSubject: ContractSubject = {
  vendor: 'pipedrive',
  listAccounts: (options) => pipedrive(options).listAccounts,
  start: () => startSubject('rest'),
};

export const pipedriveScimSubject: ContractSubject = {
  vendor: 'pipedrive',
  listAccounts: (options) => pipedrive(options).listAccounts,
  mode: 'scim',
  start: () => startSubject('scim'),
};

const WRITES = {
  rest: {
    deactivation: { surface: 'rest', method: 'PUT', path: /^\/users\/\d+$/ },
    creation: { surface: 'rest', method: 'POST', path: /^\/users$/ },
  },
  scim: {
    deactivation: { surface: 'scim', method: 'PATCH', path: /^\/Users\/[^/]+$/ },
    creation: { surface: 'scim', method: 'POST', path: /^\/Users$/ },
  },
} as const;

async function startSubject(mode: PipedriveMode): Promise<StartedSubject> {
  const server = await startPipedrive();
  const withEmail = (email: string) => server.state.users.filter((user) => sameEmail(user.email, email));
  return {
    server,
    connect: (options) => {
      const client = pipedrive({ ...options, mode });
      return {
        find: (email) => foundOne('pipedrive', client.findUser, email),
        deactivate: (account) => client.deactivateUser(PipedriveAccount.parse(account).vendorUserId),
        create: (person) => client.createUser(person),
      };
    },
    addAccount: (email) => {
      server.state.users.push({
        id: 8000 + server.state.users.length,
        name: 'Added',
        email,
        active_flag: true,
        is_admin: 0,
        created: '2024-01-10T09:00:00Z',
        last_login: null,
      });
    },
    removeAccount: (email) => {
      server.state.users = server.state.users.filter((user) => !sameEmail(user.email, email));
    },
    countAccounts: (email) => withEmail(email).length,
    isActive: (email) => withEmail(email).some(({ active_flag }) => active_flag),
    countInvitations: (email) =>
      server.state.invitations.filter((address) => sameEmail(address, email)).length,
    ...WRITES[mode],
  };
}
