import { accountOf, plantedId, type SimulatedPeople, scimWrite } from '../simulated-people.ts';

export const salesloftPeople: SimulatedPeople = {
  accounts: ({ salesloft }) =>
    salesloft.state.users.map(({ id, guid, name, email, active }) => ({
      ids: [String(id), guid],
      ...{ name, email, isOpen: active },
    })),
  plant: ({ salesloft: { state } }, { name, email, isOpen }) => {
    const [seeded] = state.users;
    if (seeded === undefined) throw new Error('SalesLoft is not seeded.');
    state.nextId += 1;
    const guid = plantedId();
    const [first_name = '', last_name = ''] = name.split(' ');
    const who = { name, first_name, last_name, email, active: isOpen };
    state.users.push({ ...seeded, id: state.nextId, guid, ...who, accepted: true, in_scim: true });
  },
  change: ({ salesloft }, name, { isOpen, ...changes }) =>
    Object.assign(
      accountOf(salesloft.state.users, (user) => user.name === name),
      changes,
      isOpen === undefined ? {} : { active: isOpen },
    ),
  invitations: ({ salesloft }) => salesloft.state.invitations,
  writeOf: scimWrite,
  forget: ({ salesloft: { state } }, isTheirs) => {
    state.users = state.users.filter(({ name }) => !isTheirs(name));
  },
};
