import { accountOf, LEFT_AT, plantedId, type SimulatedPeople, textOf, turnOf } from '../simulated-people.ts';

export const driftwoodPeople: SimulatedPeople = {
  accounts: ({ driftwood }) =>
    driftwood.state.users.map(({ id, name, email, deactivated_at }) => ({
      ids: [id],
      ...{ name, email, isOpen: deactivated_at === null },
    })),
  plant: ({ driftwood: { state } }, { name, email, isOpen }) => {
    const [seeded] = state.users;
    if (seeded === undefined) throw new Error('Driftwood is not seeded.');
    const id = plantedId();
    const deactivated_at = isOpen ? null : LEFT_AT;
    state.users.push({ ...seeded, id, name, email, deactivated_at });
  },
  change: ({ driftwood }, name, { isOpen, ...changes }) =>
    Object.assign(
      accountOf(driftwood.state.users, (user) => user.name === name),
      changes,
      isOpen === undefined ? {} : { deactivated_at: isOpen ? null : LEFT_AT },
    ),
  invitations: ({ driftwood }) => driftwood.state.invitations,
  writeOf: ({ path, body }) => {
    if (path === '/users-invite') return { names: textOf(body, 'email'), verb: 'create' };
    if (path === '/users-set-active') return { names: textOf(body, 'user_id'), verb: turnOf(body, 'active') };
    return path === '/users-forgot-password' ? { names: textOf(body, 'email'), verb: 'other' } : null;
  },
  forget: ({ driftwood: { state } }, isTheirs) => {
    state.users = state.users.filter(({ name }) => !isTheirs(name));
  },
};
