import { PipedriveAccount } from '../../functions/pipedrive/client.ts';
import type { PipedriveMode } from '../../functions/pipedrive/mode.ts';
import { sameEmail } from '../../functions/shared/email.ts';
import { colleague, PETRA, type Person } from '../../local/vendors/company.ts';
import { startPipedrive } from '../../local/vendors/pipedrive.ts';
import type { PipedriveState } from '../../local/vendors/pipedrive-state.ts';
import type { VendorServer } from '../../local/vendors/vendor-server.ts';
import {
  type ContractSubject,
  type HandOver,
  inLiveDialect,
  type StartedSubject,
} from '../contract-subject.ts';
import { foundOne } from '../found-one.ts';
import type { Rewrite } from '../rewritten-answers.ts';
import { pipedrivePeople } from './simulated-people.ts';
import { wholePipedrive } from './whole-client.ts';

const moreNowhere: Rewrite = (name, value) => {
  if (name === 'more_items_in_collection') return true;
  return name === 'next_start' ? null : value;
};

export const pipedriveSubject: ContractSubject = {
  vendor: 'pipedrive',
  listAccounts: (options) => wholePipedrive(options).listAccounts,
  search: (options) => wholePipedrive({ ...options, mode: 'rest' }).findUser,
  people: pipedrivePeople,
  answers: {
    unneeded: ['name', 'is_admin', 'role_id', 'created', 'last_login', 'externalId', 'displayName', 'emails'],
    needsAddressToShut: false,
    active: ['active_flag'],
    haveTotal: false,
    leadingNowhere: moreNowhere,
  },
  update: {
    writes: { method: 'PUT', texts: ['name'] },
    changes: ['name and address changed'],
    followUps: [],
  },
  company: {
    holdsOlof: ['token_user', 'last_admin'],
    discrepancies: [
      ['leaver_can_log_in', colleague(1)],
      ['changed_email', colleague(5)],
      ['different_role', colleague(6)],
      ['records_of_leaver', colleague(1)],
      ['records_of_leaver', PETRA],
    ],
  },
  start: async () => subjectOver(await startPipedrive(), 'rest'),
};

export const pipedriveScimSubject: ContractSubject = {
  ...pipedriveSubject,
  mode: 'scim',
  search: (options) => wholePipedrive({ ...options, mode: 'scim' }).findUser,
  // The address leads from the one surface to the other.
  answers: { ...pipedriveSubject.answers, needsAddressToShut: true },
  update: {
    ...pipedriveSubject.update,
    writes: { method: 'PATCH', texts: ['name'] },
  },
  start: async () => subjectOver(await startPipedrive(), 'scim'),
};

export const pipedriveLiveSubject: ContractSubject = {
  ...pipedriveSubject,
  dialect: 'live',
  answers: {
    ...pipedriveSubject.answers,
    unneeded: ['name', 'activated', 'access', 'role_id', 'created', 'last_login', 'is_deleted'],
    // It lists users all at once.
    leadingNowhere: null,
  },
  start: async () => subjectOver(inLiveDialect(await startPipedrive()), 'rest'),
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

function subjectOver(server: VendorServer<PipedriveState>, mode: PipedriveMode): StartedSubject {
  const withEmail = (email: string) => server.state.users.filter((user) => sameEmail(user.email, email));
  return {
    server,
    connect: (options) => {
      const client = wholePipedrive({ ...options, mode });
      return {
        find: (email) => foundOne('pipedrive', client.findUser, email),
        deactivate: (account) => client.deactivateUser(PipedriveAccount.parse(account).vendorUserId),
        create: (person) => client.createUser(person),
        rename: (account, { firstName, lastName, email }) =>
          client.updateUser(PipedriveAccount.parse(account).vendorUserId, {
            name: `${firstName} ${lastName}`,
            email,
          }),
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
    handOvers: handOversOf(server, mode),
    ...WRITES[mode],
  };
}

function handOversOf(server: VendorServer<PipedriveState>, mode: PipedriveMode): HandOver[] {
  const userIdOf = (person: Person) =>
    server.state.users.find(({ email }) => sameEmail(email, person.email))?.id;
  const kind = (
    method: 'reassignDeals' | 'reassignActivities' | 'reassignContacts',
    path: string,
    open: () => readonly { id: number; user_id: number }[],
  ): HandOver => ({
    what: method,
    handOver: (options, leaver, newOwner) =>
      wholePipedrive({ ...options, mode })[method](String(userIdOf(leaver)), newOwner),
    ownedBy: (person) =>
      open()
        .filter(({ user_id }) => user_id === userIdOf(person))
        .map(({ id }) => id),
    pathOf: (id) => `${path}/${id}`,
  });
  return [
    kind('reassignDeals', '/deals', () => server.state.deals.filter(({ status }) => status === 'open')),
    kind('reassignActivities', '/activities', () => server.state.activities.filter(({ done }) => !done)),
    kind('reassignContacts', '/persons', () => server.state.persons),
  ];
}
