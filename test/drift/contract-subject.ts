import { DriftAccount } from '../../functions/drift/agents.ts';
import { drift } from '../../functions/drift/client.ts';
import { sameEmail } from '../../functions/shared/email.ts';
import { colleague, PETRA } from '../../local/vendors/company.ts';
import { type DriftState, startDrift } from '../../local/vendors/drift.ts';
import type { VendorServer } from '../../local/vendors/vendor-server.ts';
import { type ContractSubject, inLiveDialect, type StartedSubject } from '../contract-subject.ts';
import { foundOne } from '../found-one.ts';
import { driftPeople } from './simulated-people.ts';

export const driftSubject: ContractSubject = {
  vendor: 'drift',
  listAccounts: (options) => drift(options).listAccounts,
  search: (options) => drift(options).findAgent,
  people: driftPeople,
  answers: {
    unneeded: [
      ...['name', 'role', 'alias', 'availability', 'phone', 'orgId', 'createdAt'],
      ...['externalId', 'displayName', 'emails', 'meta', 'schemas', 'itemsPerPage', 'startIndex'],
    ],
    needsAddressToShut: false,
    active: ['active'],
    haveTotal: true,
    leadingNowhere: null,
  },
  update: {
    writes: { method: 'PATCH', texts: ['name'] },
    changes: ['name and address changed'],
    followUps: [],
  },
  company: {
    holdsOlof: ['last_admin'],
    discrepancies: [
      ['leaver_can_log_in', colleague(2)],
      ['missing_account', colleague(120)],
      ['records_of_leaver', PETRA],
    ],
  },
  start: async () => subjectOver(await startDrift()),
};

export const driftLiveSubject: ContractSubject = {
  ...driftSubject,
  dialect: 'live',
  // Whoever is shut is gone from Drift today, which no field tells.
  answers: { ...driftSubject.answers, active: [] },
  start: async () => {
    // Today's accounts are handed over by a path without an id; test/drift/live.test.ts has what the suite asks of it.
    const { handOvers: _, ...subject } = subjectOver(inLiveDialect(await startDrift()));
    return subject;
  },
};

function subjectOver(server: VendorServer<DriftState>): StartedSubject {
  const withEmail = (email: string) => server.state.agents.filter((agent) => sameEmail(agent.email, email));
  return {
    server,
    connect: (options) => {
      const client = drift(options);
      return {
        find: (email) => foundOne('drift', client.findAgent, email),
        deactivate: (account) => client.deactivateAgent(DriftAccount.parse(account)),
        create: (person) => client.provisionAgent(person),
        rename: (account, { email, ...name }) =>
          client.updateAgent(DriftAccount.parse(account), { name, email }),
      };
    },
    addAccount: (email) => {
      const id = 800_000 + server.state.agents.length;
      server.state.agents.push({
        id,
        scimId: `added-${id}`,
        name: 'Added',
        email,
        role: 'agent',
        active: true,
      });
    },
    removeAccount: (email) => {
      server.state.agents = server.state.agents.filter((agent) => !sameEmail(agent.email, email));
    },
    countAccounts: (email) => withEmail(email).length,
    isActive: (email) => withEmail(email).some(({ active }) => active),
    countInvitations: () => null,
    handOvers: [
      {
        what: 'reassignContacts',
        handOver: async (options, leaver, newOwner) => {
          const { account } = await foundOne('drift', drift(options).findAgent, leaver.email);
          return drift(options).reassignContacts(DriftAccount.parse(account), newOwner);
        },
        ownedBy: (person) => {
          const ids = withEmail(person.email).map(({ id }) => id);
          return server.state.contacts.flatMap(({ id, ownerId }) =>
            ownerId !== null && ids.includes(ownerId) ? [id] : [],
          );
        },
        pathOf: (id) => `/contacts/${id}`,
      },
    ],
    deactivation: { surface: 'scim', method: 'PATCH', path: /^\/Users\/[^/]+$/ },
    creation: { surface: 'scim', method: 'POST', path: /^\/Users$/ },
  };
}
