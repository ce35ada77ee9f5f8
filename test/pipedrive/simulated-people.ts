import { accountOf, type SimulatedPeople, textOf, turnOf } from '../simulated-people.ts';

export const pipedrivePeople: SimulatedPeople = {
  accounts: ({ pipedrive }) =>
    pipedrive.state.users.map(({ id, name, email, active_flag }) => ({
      ids: [String(id)],
      ...{ name, email, isOpen: active_flag },
    })),
  plant: ({ pipedrive: { state } }, { name, email, isOpen }) => {
    state.nextId += 1;
    const seeded = { is_admin: 0, created: '2024-01-10T09:00:00Z', last_login: null } as const;
    state.users.push({ id: state.nextId, name, email, active_flag: isOpen, ...seeded });
  },
  change: ({ pipedrive }, name, { isOpen, ...changes }) =>
    Object.assign(
      accountOf(pipedrive.state.users, (user) => user.name === name),
      changes,
      isOpen === undefined ? {} : { active_flag: isOpen },
    ),
  invitations: ({ pipedrive }) => pipedrive.state.invitations,
  writeOf: ({ method, path, body }) => {
    if (method === 'POST' && path === '/users') return { names: textOf(body, 'email'), verb: 'create' };
    const [, userId] = /^\/users\/(\d+)$/.exec(path) ?? [];
    if (method === 'PUT' && userId !== undefined) return { names: userId, verb: turnOf(body, 'active_flag') };
    if (method === 'POST' && path.endsWith('/assignments'))
      return { names: textOf(body, 'user_id'), verb: 'other' };
    return null;
  },
  forget: ({ pipedrive: { state } }, isTheirs) => {
    state.users = state.users.filter(({ name }) => !isTheirs(name));
  },
};
